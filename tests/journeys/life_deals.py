"""Deal files in the life of a registry, by the program: no registry is needed for them."""

from __future__ import annotations

from program import Abst

from abst import demo_data


def look_at(abst: Abst) -> None:
    """Checked, shown, hashed, projected to call, verified; faults and missed figures are told with their places."""
    checked = abst("deal", "check", "jishidai-2022-3").result
    assert checked["payments"] == 44
    assert abst("deal", "hash", "jishidai-2022-3").result["hash"] == checked["hash"]
    folder = abst.home.parent / "own-deal"
    folder.mkdir()
    shipped = demo_data.deal_folder("jishidai-2022-3")
    for name in ("deal.yaml", "collections.csv", "scenarios.yaml", "answers.yaml"):
        (folder / name).write_bytes(shipped.joinpath(name).read_bytes())
    assert abst("deal", "hash", folder).result == abst("deal", "hash", folder / "deal.yaml").result
    shown = abst("deal", "show", folder).result
    assert [one["symbol"] for one in shown["classes"]] == ["JSD-A1", "JSD-A2", "JSD-SUB"]
    assert shown["modes"]["normal"][0]["kind"] == "draw"
    called = abst("deal", "project", folder, "--to", "call").result
    assert (called["called"], called["payments"][-1]["date"]) == ("clean_up", "2028-11-26")
    abst("deal", "project", folder, "--scenario", "none", exit=4)
    abst("deal", "project", folder, "--to", "nowhere", exit=2)
    decrement = abst("deal", "decrement", folder, "--tranche", "A1", "--years", "months").result["classes"]["A1"]
    assert (decrement["dates"][-1], decrement["percent"]["expected"][-2:]) == ("2027-09-26", ["7.00", "0.00"])
    assert "whole months / 12 from 2026-08-31" in decrement["lives"]["expected"]["convention"]
    sheet = abst("deal", "figures", folder, "--to", "call", "--price", "100", "--compounded", "12").result
    assert (sheet["called"], sheet["classes"]["A2"]["price"]) == ("clean_up", "199000000000")
    assert sheet["classes"]["A2"]["yield"]["convention"] == "compounded monthly, 30/360 from 2026-08-31"
    for wrong in (("--price", "par"), ("--years", "act/364"), ("--compounded", "3"), ("--tranche", "A9")):
        abst("deal", "figures", folder, *wrong, exit=2)
    verified = abst("deal", "verify", folder).result
    assert (verified["cells"], verified["misses"]) == (23, 0)
    answers = (folder / "answers.yaml").read_text(encoding="utf-8")
    (folder / "answers.yaml").write_text(answers.replace("1,159,697.01", "1,159,697.02"), encoding="utf-8")
    (missed,) = abst("deal", "verify", folder, exit=6).result["tables"][0]["misses"]
    assert (missed["published"], missed["found"]) == ("1159697.02", "1159697.01")
    assert abst("deal", "schema", "answers").result["json_schema"]["title"]
    abst("deal", "schema", "token", exit=2)
    deal = (folder / "deal.yaml").read_text(encoding="utf-8")
    (folder / "deal.yaml").write_text(deal.replace("to: available", "to: vault", 1), encoding="utf-8")
    assert "unknown account vault" in abst("deal", "check", folder, exit=2).result["found"]
    abst("deal", "check", "no-such-deal", exit=4)
