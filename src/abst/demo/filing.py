"""First half of the demo: the filing (备案) from draft to effect, and its tokens, made exactly as filed."""

from __future__ import annotations

from abst import demo_data
from abst.demo.stage import Stage
from abst.errors import NotAuthorised

FILING = "jishidai-2022-3"


def draft(stage: Stage) -> None:
    """Checked before it is submitted; an incomplete file is refused with every defect at once."""
    from abst.filing import desk

    stage.scene(
        "A filing is drafted and checked",
        "Jishidai 2022-3, a real Chinese auto-loan deal (4.06 bn yuan); every date moved forward by four years.",
    )
    dossier, deal = demo_data.text("dossier.yaml"), demo_data.text("deal.yaml")
    incomplete = dossier.replace("answer: clear", "answer: unknown", 1).replace("location: CN", "location: HK", 1)
    stage.reasons("a dossier with two flaws", desk.check_file(stage.office, incomplete.encode(), deal.encode()))
    command = desk.NewFiling(
        officer="operations-1", request=stage.request(), filing=FILING, dossier=dossier.encode(), deal=deal.encode()
    )
    drafted = stage.done(desk.new(stage.office, command))
    defects = desk.check(stage.office, FILING)
    stage.tell(f"filing {drafted['number']}, plan hash {drafted['plan_hash']}")
    stage.tell(f"the real dossier: {len(defects)} defects in the six prohibitions, the negative list and the file")
    stage.remember("drafted", tranches=drafted["tranches"], defects=[defect.reason for defect in defects])


def submit(stage: Stage) -> None:
    """The plan's hash goes on chain; the authority asks, the filer answers. The software only records."""
    from abst.filing import desk

    stage.scene(
        "Submitted, and supplemented",
        "The hash of terms, code, deal and dossier goes on chain. The authority's acts are recorded, never decided.",
    )
    office = stage.office
    stage.done(desk.submit(office, desk.Submit(officer="operations-1", request=stage.request(), filing=FILING)))
    for event, name, words in (
        ("supplement-requested", "supplement-request.txt", "Please explain the liquidity reserve."),
        ("supplement-answered", "supplement-answer.txt", "The reserve follows the filed waterfall; the plan stays."),
    ):
        command = desk.Record(
            officer="operations-1",
            request=stage.request(),
            filing=FILING,
            event=event,
            evidence=stage.document(name, words),
        )
        told = stage.done(desk.record(office, command))
        stage.tell(f"{event}: now {told['state']}")
        stage.remember("recorded", event=event, state=told["state"])


def take_effect(stage: Stage) -> None:
    """Two officers; before that nothing can be made."""
    from abst.chain.office import Approve
    from abst.chain.proposals import approve
    from abst.filing import desk, tokens

    stage.scene(
        "Effective, by two officers, and published", "One officer schedules it on chain, another executes (R-41)."
    )
    office = stage.office
    early = tokens.CreateTokens(officer="operations-1", request=stage.request(), filing=FILING)
    stage.refused("tokens before the filing is effective", lambda: tokens.create(office, early), "filing-not-effective")
    notice = stage.document("notice.txt", "Notice of the outcome of the filing.")
    command = desk.MakeEffective(officer="operations-1", request=stage.request(), filing=FILING, evidence=notice)
    proposal = desk.effective(office, command)
    try:
        approve(office, Approve(officer="operations-1", request=stage.request(), proposal=proposal.proposal or ""))
    except NotAuthorised as error:
        stage.tell(f"the maker cannot approve it himself: {error.message}")
        stage.remember("not-authorised", act="approve", officer="operations-1")
    stage.two_keys(proposal, "compliance-1")
    publication = desk.PublishNotice(
        officer="operations-1",
        request=stage.request(),
        filing=FILING,
        uri="https://example.org/notices/demo-1",
        number="demo-1",
        day=office.day(),
        evidence=notice,
    )
    stage.done(desk.publish(office, publication))
    stage.tell("published; a public notice is no endorsement of the product (R-104)")


def make_tokens(stage: Stage) -> None:
    """What was filed is what exists: the factory takes the filed plan and code and nothing else."""
    from abst.filing import tokens

    stage.scene(
        "Three tokens, exactly as filed", "Address and code of each follow from the filed plan; anyone can check."
    )
    office = stage.office
    changed = demo_data.text("deal.yaml").replace('coupon: "0.0180"', 'coupon: "0.0280"', 1)
    changed = changed.replace("max_share_bps: 2500", "max_share_bps: 9000", 1)
    attempt = tokens.CreateTokens(officer="operations-1", request=stage.request(), filing=FILING, deal=changed.encode())
    stage.refused("tokens of a changed plan", lambda: tokens.create(office, attempt), "plan-drift")
    command = tokens.CreateTokens(officer="operations-1", request=stage.request(), filing=FILING)
    made = stage.done(tokens.create(office, command))["tokens"]
    for row in tokens.attest(office, FILING):
        stage.tell(f"{row['symbol']:<8} {row['address']}  {'as filed' if row['ok'] else row['differences']}")
        stage.remember("attested", symbol=row["symbol"], ok=row["ok"])
    stage.tokens = [row["symbol"] for row in made]


SCENES = (draft, submit, take_effect, make_tokens)
