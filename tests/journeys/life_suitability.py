"""What clients answer and acknowledge, and who stands behind them, by the program."""

from __future__ import annotations

import json

from program import FILING, Abst, investor_row


def shown(abst: Abst) -> None:
    """The form in force and an earlier one, and the texts with the cells an import takes."""
    form = abst("suitability", "form").result
    assert (form["version"], form["in_force"]) == ("risk-1", True)
    earlier = abst("suitability", "form", "--version", "risk-0").result
    assert (earlier["in_force"], len(earlier["questions"])) == (False, 3)
    abst("suitability", "form", "--version", "risk-9", exit=4)
    texts = abst("suitability", "texts").result
    assert [text["rule"] for text in texts if text["in_force"]] == ["R-47", "R-48", "R-49"]
    assert ";".join(text["cell"] for text in texts) == investor_row("x")["acknowledged"]


def tried(abst: Abst) -> None:
    """A file in JSON is tried: reasons by row, and nothing of it is stored."""
    whole = {
        "kind": "corporation",
        "person_1_role": "owner",
        "person_1_share_bps": "10000",
        "person_1_name": "Test Owner",
        "person_1_identifier_type": "test",
        "person_1_identifier": "T-owner",
        "person_1_nationality": "HK",
        "person_1_residence": "HK",
    }
    rows = [
        investor_row("tried-1", **whole),
        investor_row("tried-2", **{**whole, "person_1_residence": "CN"}),
        investor_row("tried-3", **{**whole, "person_1_share_bps": "7500"}),
        investor_row("tried-4", evidence_1_asset="home"),
        investor_row("tried-5", evidence_1_relevant_date="last spring"),
    ]
    answer = abst("investor", "import", abst.file("tried.json", json.dumps(rows)), "--dry-run", exit=3)
    found = {row["row"]: [refusal["reason"] for refusal in row["refusals"]] for row in answer.result["rows"]}
    assert found == {
        1: [],
        2: ["jurisdiction-denied"],
        3: ["owners-unnamed"],
        4: ["evidence-not-counted", "no-declaration"],
        5: ["row-malformed"],
    }
    assert not {row["investor"] for row in abst("investor", "list").result} & {f"tried-{n}" for n in range(1, 6)}


def checked(abst: Abst) -> None:
    """Each tranche by its risk in the dossier: bold suits all, cautious none that is riskier; the decision replays."""
    bold = abst("suitability", "check", "alpha", FILING, "--as", "operations-1").result
    assert {row["suits"] for row in bold["tranches"]} == {True}
    assert all(row["risk_reasons"] for row in bold["tranches"])
    answer = abst("suitability", "check", "gamma", FILING, "--as", "operations-1", exit=3)
    assert {row["tranche"] for row in answer.result["tranches"] if not row["suits"]}
    assert set(answer.reasons) == {"risk-above-capacity"}
    assert abst("decision", "replay", answer.result["decision"]).result
    abst("suitability", "check", "nobody", FILING, "--as", "operations-1", exit=4)
