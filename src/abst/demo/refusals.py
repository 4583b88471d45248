"""A filing that is refused: every fault of a file at once, each with its rule and place, in English and in Chinese."""

from __future__ import annotations

from collections.abc import Callable

from abst import demo_data
from abst.demo.stage import Stage

FAULTS = (
    # A discredited debtor for more than 15 % of the cash, in place of the borrowers' row.
    (
        "id: borrowers, name: individual borrowers, discredited: false",
        "id: borrowers, name: 示例 Debtor, discredited: true",
    ),
    ("aggregate: true, largest: 62_000_000", "aggregate: false"),
    # A mine instead of a loan, one layer below what is sold.
    ("type: auto-loan\n", "type: mining-income-right\n"),
    # An onshore name that carries a listed word, written apart.
    ("name: 示例律师事务所", "name: 示例稳 定 币律师事务所"),
    # The mainland opinion has one lawyer; the quota is one fen short of the issue.
    ("lawyers: [示例律师一 (illustrative lawyer 1), ", "lawyers: ["),
    ("amount: 500_000_000_000, currency: CNY", "amount: 405_799_993_275, currency: CNY"),
)
REASONS = (
    "R-15 major-provider",
    "R-21 layer-barred",
    "R-69 name-rejected",
    "R-35 opinion-signers",
    "R-101 quota-below-plan",
)


def faulty_file(stage: Stage) -> None:
    """Five faults planted in the shipped dossier are found, and nothing else; the same is said in Chinese."""
    from abst.filing import desk
    from abst.rulebook.chinese import refusal_in_chinese

    stage.scene(
        "A filing with five faults is refused",
        "Every fault at once, each with rule and place, as `abst filing check --lang zh` tells them in Chinese too.",
    )
    dossier, deal = demo_data.text("dossier.yaml"), demo_data.text("deal.yaml")
    for good, bad in FAULTS:
        stage.expect(f"the dossier says once: {good.strip()}", dossier.count(good), 1)
        dossier = dossier.replace(good, bad)
    files = stage.paper("faulty-dossier.yaml", dossier), stage.paper("deal.yaml", deal)
    stage.paper("collections.csv", demo_data.text("collections.csv"))  # which the deal names
    refusals = desk.check_file(stage.office, *files)
    stage.reasons("a dossier with five faults", refusals, *REASONS)
    stage.expect("faults found", len(refusals), len(REASONS))
    for refusal in refusals:
        told = refusal_in_chinese(refusal)
        stage.say(f"          {told['rule']} {told['where']}：{told['wrong']}；应当：{told['needed']}")
    stage.remember("told in Chinese", wrong=[refusal_in_chinese(refusal)["wrong"] for refusal in refusals])


SCENES: tuple[Callable[[Stage], None], ...] = (faulty_file,)
