"""Second half of the demo: investors, the issue, and everything that may and may not happen to tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from abst.demo.filing import FILING
from abst.demo.people import (
    BARRED,
    CAUTIOUS,
    EXPIRED,
    GOOD,
    MAINLAND,
    MALFORMED,
    UNPROVEN,
    US,
    Person,
    allocate,
    as_csv,
    wallet_key,
)
from abst.demo.stage import WORK, Stage
from abst.errors import Refusal
from abst.values import Address

A1, A2, SUB = "JSD-A1", "JSD-A2", "JSD-SUB"
DAY = 86_400


def bring_in(stage: Stage) -> None:
    """A CSV with good and bad rows; then a signature from each wallet."""
    from abst.investor import desk

    cast = stage.cast
    stage.scene(
        f"{len(cast)} investors are imported",
        "Individuals, companies, partnerships, trusts and institutions, made from the seed. Nobody is real.",
    )
    command = desk.ImportInvestors(officer="operations-1", request=stage.request(), content=as_csv(cast))
    result = desk.import_file(stage.office, command)
    stage.tell(
        f"{result.result['added']} rows stored, sealed under a key of each person; {result.result['refused']} not"
    )
    stage.reasons("a malformed row", result.refusals, "row-malformed")
    proving = [person for person in cast if person.fate not in (UNPROVEN, MALFORMED)]
    for done, person in enumerate(proving, start=1):
        _prove(stage, person.reference, person.wallet, person.key)
        if done % 50 == 0 or done == len(proving):
            stage.tell(f"{done} of {len(cast)} wallets proven by signature (R-50)")
    stage.remember("imported", added=result.result["added"], refused=result.result["refused"], proven=len(proving))


def _prove(stage: Stage, investor: str, wallet: str, key: bytes) -> None:
    """The investor signs the challenge outside the registry; only the signature comes in."""
    from abst.investor import desk
    from abst.keys import LocalSigner

    office = stage.office
    asked = desk.MakeChallenge(officer="operations-1", request=stage.request(), investor=investor, wallet=wallet)
    text = stage.done(desk.challenge(office, asked))["text"]
    signature = "0x" + LocalSigner(key).sign_text(text).hex()
    proof = desk.Prove(officer="operations-1", request=stage.request(), wallet=wallet, signature=signature)
    stage.done(desk.prove(office, proof))


WORDS = {
    MAINLAND: "residents of the mainland",
    US: "United States persons",
    EXPIRED: "investors with expired evidence",
    UNPROVEN: "investors whose wallet is not proven",
}


REASON_OF = {
    MAINLAND: "R-43 jurisdiction-denied",
    US: "R-54 jurisdiction-denied",
    EXPIRED: "R-45, R-56 evidence-expired",
    UNPROVEN: "R-50 wallet-not-proven",
}


def admit(stage: Stage) -> None:
    """On evidence, denials, regimes, suitability and the wallet's proof; each outcome is a stored decision."""
    from abst.investor import desk

    stage.scene(
        "Admitted, or refused with reasons", "All tests run on everyone; who is refused sees every reason at once."
    )
    for fate in BARRED:
        names = tuple(person.reference for person in stage.cast if person.fate == fate)
        attempt = desk.Admit(officer="operations-1", request=stage.request(), investors=names)
        result = desk.admit(stage.office, attempt)
        stage.expect(f"refused: {WORDS[fate]}", result.result["refused_investors"], sorted(names))
        one = [r for r in result.refusals if r.where.partition(".")[0] == f"investor {names[0]}"]
        stage.reasons(f"{WORDS[fate]}, {len(names)} of them, such as {names[0]}", _merged(one), REASON_OF[fate])
    result = desk.admit(stage.office, desk.Admit(officer="operations-1", request=stage.request()))
    admitted = stage.done(result)["admitted"]
    stage.tell(f"{admitted} admitted on chain, a hundred in a transaction")
    cautious = [person.reference for person in stage.cast if person.fate == CAUTIOUS]
    stage.tell(f"{len(cautious)} can bear no risk, such as {cautious[0]}: a mint to them is refused below (R-47)")
    stage.remember("admitted", admitted=admitted)
    _keep_some_keys(stage)


def _merged(refusals: list[Refusal]) -> list[Refusal]:
    """One of each reason and finding, which names every signal that showed it."""
    alike: dict[tuple[str, str, str], list[Refusal]] = {}
    for refusal in refusals:
        alike.setdefault((refusal.rule, refusal.reason, refusal.found), []).append(refusal)
    return [
        replace(same[0], found=f"{same[0].found} by {', '.join(_signal(refusal) for refusal in same)}")
        if len(same) > 1
        else same[0]
        for same in alike.values()
    ]


def _signal(refusal: Refusal) -> str:
    return refusal.where.rpartition(".")[2].replace("_", " ")


def _keep_some_keys(stage: Stage) -> None:
    """A few investors keep their keystore in this home, so that the demo and its reader can transfer."""
    from abst.bootstrap import give_gas

    bold = [person for person in stage.cast if person.fate == GOOD and person.bold and person.professional]
    seller, buyer = bold[0], bold[1]
    for person in (seller, buyer):
        stage.office.keys.add(person.reference, person.key, stage.passphrase(person.reference), WORK)
    give_gas(stage.office, [seller.wallet, buyer.wallet])
    stage.known |= {"seller": seller.reference, "buyer": buyer.reference}


def holders_of(stage: Stage, symbol: str) -> list[Person]:
    """Who subscribes to a tranche: the subordinated one needs boldness and a professional, who may hold all three.

    In the long demo every other one of the rest takes the first tranche, and the others the second.
    """
    good = [person for person in stage.cast if person.fate == GOOD]
    fit = [person for person in good if person.bold and person.professional]
    if symbol == SUB or stage.short:
        return fit if symbol == SUB else good
    rest = [person for person in good if person not in fit]
    return fit + rest[int(symbol == A2) :: 2]


def issue(stage: Stage) -> None:
    """Every gate in Python for every row, a second key, and all rules again on chain."""
    from abst.filing import tokens
    from abst.issuance import desk

    stage.scene(
        "The whole issue is minted",
        "The issuer proposes, all gates run on every row; the gatekeeper looks, and his signature releases the mint.",
    )
    office = stage.office
    cautious = [person for person in stage.cast if person.fate == CAUTIOUS]
    for symbol in stage.tokens:
        terms = tokens.show(office, symbol)["terms"]
        cap, lot = int(terms["cap"]), int(terms["lot"])
        shares = allocate(stage.chance, holders_of(stage, symbol), cap, lot)
        asked = [(person, lot) for person in cautious if symbol == A1] + shares
        rows = [desk.Allocation(person.reference, amount, n) for n, (person, amount) in enumerate(asked, start=2)]
        command = desk.ProposeMint(
            officer="operations-1", request=stage.request(), token=symbol, allocations=tuple(rows)
        )
        proposed = desk.mint(office, command)
        if proposed.refusals:
            what = f"rows of {symbol}, {proposed.result['dropped']} of them, such as {cautious[0].reference}"
            first = [refusal for refusal in proposed.refusals if refusal.where.startswith("row 2")]
            stage.reasons(what, first, "R-47 risk-above-capacity")
            stage.remember("dropped", symbol=symbol, reasons=sorted(f"{r.rule} {r.reason}" for r in proposed.refusals))
        minted = stage.two_keys(proposed, "compliance-1")
        stage.tell(
            f"{symbol}: {int(minted['total']):,} units to {minted['allocated']} investors, at most 100 in a transaction"
        )
        again = desk.mint(office, command)
        stage.expect("the same request again", again.proposal, proposed.proposal)
        stage.remember("minted", symbol=symbol, amounts=[[p.reference, str(amount)] for p, amount in shares])
    stage.tell("each request, sent a second time, gave its first result: nothing was minted twice")


def bypass(stage: Stage) -> None:
    """Python is not the wall: the contract asks for the gatekeeper's signature itself."""
    from abst.chain import eip712
    from abst.holders import facts
    from abst.values import ZERO_HASH, Address, hash_of

    stage.scene(
        "A mint straight to the contract",
        "A real transaction by the issuer's own key, past all of Python, without the gatekeeper: mined, and reverted.",
    )
    office = stage.office
    token = facts.token(office, SUB)
    contract = office.contracts.token(token.address)
    officers = stage.officers()
    issuer, gatekeeper = Address(officers["operations-1"]), Address(officers["compliance-1"])
    signer = office.keys.signer(issuer)
    if signer is None:
        raise TypeError("the demo's issuer has no key")
    pairs = [(Address(stage.person("buyer").wallet), 1)]
    approval = eip712.Approval(hash_of(b"demo bypass"), ZERO_HASH, office.now() + DAY, gatekeeper)
    forged = signer.sign_typed(eip712.mint_message(contract, office.chain.chain_id, pairs, approval))
    data = contract.encode("mint", [w for w, _ in pairs], [amount for _, amount in pairs], approval.as_tuple(), forged)
    supply = contract.read("totalSupply")
    what = "a mint of 1 unit, with the issuer's signature in the gatekeeper's place"
    stage.expect("its reason", stage.send_past_python(what, issuer, contract.address, data), "BadApproval")
    stage.expect("the supply afterwards", contract.read("totalSupply"), supply)
    _key_looked_into(stage, issuer)


def _key_looked_into(stage: Stage, issuer: Address) -> None:
    """A key was used past the program: nothing more is signed with it, until another officer has looked into it."""
    from abst.chain.proposals import run_ops
    from abst.chain.sending import resolving

    run_ops(stage.office)
    halted = {lane["address"]: lane["halt"] for lane in resolving.lanes(stage.office) if lane["halt"]}
    stage.expect("halted lanes", list(halted), [issuer])
    stage.tell(f"noticed, and nothing more is signed with that key: {halted[issuer]}")
    note = stage.document("key.txt", "The issuer's key was used by the demo itself.")
    command = resolving.Lift(officer="compliance-1", request=stage.request(), signer="operations-1", evidence=note)
    stage.done(resolving.lift(stage.office, command))
    stage.tell("compliance-1 looked into it and let the lane go on (`abst ops lift`)")
    stage.remember("lane lifted", signer="operations-1")


def trade(stage: Stage) -> None:
    """One allowed; others refused, by every rule at once, in Python and on chain alike."""
    from abst.transfers import desk

    stage.scene(
        "Transfers, allowed and refused", "Asked before they are sent: `abst why` gives every reason, and the chain's."
    )
    seller, buyer = stage.known["seller"], stage.known["buyer"]
    moved = stage.done(desk.transfer(stage.office, stage.transfer(seller, buyer, 5_000_000, A1)))
    stage.tell(f"{seller} to {buyer}: {int(moved['amount']):,} units of {A1}, done")
    stage.remember("transferred", sender=seller, to=buyer, amount=moved["amount"], symbol=A1)
    cautious = next(person.reference for person in stage.cast if person.fate == CAUTIOUS)
    barred = next(person.wallet for person in stage.cast if person.fate in BARRED)
    offshore = next(p.reference for p in stage.cast if p.fate == GOOD and p.kind == "offshore")
    for words, to, amount, symbol, expected in (
        ("to somebody who was never admitted", barred, 10_000, A1, "receiver-unknown"),
        ("above the receiver's capacity for risk", cautious, 10_000, A1, "risk-above-capacity"),
        ("less than a lot", buyer, 9_999, A1, "not-a-lot"),
        ("subordinated, within 40 days, to an offshore investor", offshore, 1, SUB, "locked"),
    ):
        told = stage.ask(f"{symbol} {words}", seller, to, amount, symbol, expected)
        if to == cautious:
            _send_all_the_same(stage, to, amount, told.chain_reason)


def _send_all_the_same(stage: Stage, to: str, amount: int, reason: str) -> None:
    """The holder signs the refused transfer and sends it past Python: the contract gives the reason Python gave."""
    from abst.holders import facts
    from abst.investor.desk import wallet_of

    contract = stage.office.contracts.token(facts.token(stage.office, A1).address)
    data = contract.encode("transfer", wallet_of(stage.office, to), amount)
    holder = stage.person("seller").wallet
    said = stage.send_past_python(f"the same transfer to {to}, signed by its holder", holder, contract.address, data)
    stage.expect("the chain's reason is Python's", said, reason)


def overdue(stage: Stage) -> None:
    """The first mint opened the issue-completion report; late, it stops mints and senior transfers."""
    from abst.chain.office import Evidence
    from abst.disclosure import desk
    from abst.transfers import desk as transfers

    stage.scene(
        "An overdue disclosure halts, publishing resumes",
        "The first mint opened the issue-completion report (R-71). The clock moves 41 days; nobody reported.",
    )
    office = stage.office
    seller, buyer = stage.known["seller"], stage.known["buyer"]
    stage.warp(41 * DAY)
    late = desk.obligations(office, FILING)[0]
    stage.tell(f"{late['kind']}: last good {late['last_good']}, now {late['state']}")
    stage.ask(f"{A1} while the report is overdue", seller, buyer, 10_000, A1, "disclosure-overdue")
    document: Evidence = stage.document("completion-report.txt", "Report of the completed issue.")
    command = desk.Disclose(
        officer="operations-1",
        request=stage.request(),
        filing=FILING,
        name="completion-report",
        kind="issue-completion",
        document=document,
        uri="https://example.org/reports/completion",
        obligation=late["obligation"],
    )
    stage.done(desk.disclose(office, command))
    stage.tell("published: the hash on chain, the text off chain (R-81)")
    for symbol, amount in ((A1, 10_000), (SUB, 1)):
        stage.done(transfers.transfer(office, stage.transfer(seller, buyer, amount, symbol)))
        stage.tell(f"{seller} to {buyer}: {amount:,} units of {symbol}, done")
        stage.remember("transferred", sender=seller, to=buyer, amount=str(amount), symbol=symbol)


def suspension(stage: Stage) -> None:
    """Stopping takes one key, restarting two."""
    from abst.filing import desk
    from abst.transfers import desk as transfers

    stage.scene(
        "A suspended filing halts everything", "The regulator's one key stops; only two officers together restart."
    )
    office = stage.office
    seller, buyer = stage.known["seller"], stage.known["buyer"]
    order = stage.document("suspension-order.txt", "Suspension pending an inquiry.")
    stage.done(
        desk.suspend(
            office, desk.Suspend(officer="regulator-desk", request=stage.request(), filing=FILING, evidence=order)
        )
    )
    stage.ask(f"{A1} while the filing is suspended", seller, buyer, 10_000, A1, "filing-not-effective")
    lifted = stage.document("suspension-lifted.txt", "The inquiry ended; the suspension is lifted.")
    proposal = desk.resume(
        office, desk.Resume(officer="operations-2", request=stage.request(), filing=FILING, evidence=lifted)
    )
    stage.two_keys(proposal, "compliance-2")
    stage.done(transfers.transfer(office, stage.transfer(seller, buyer, 10_000, A1)))
    stage.tell(f"{seller} to {buyer}: 10,000 units of {A1}, done")
    stage.remember("transferred", sender=seller, to=buyer, amount="10000", symbol=A1)


def recovery(stage: Stage) -> None:
    """The investor stays the same; the wallet changes, by two officers."""
    from abst.investor import desk
    from abst.keys import LocalSigner
    from abst.transfers import desk as transfers

    stage.scene(
        "A lost wallet is recovered", "A second wallet of the same investor is proven; two officers move the holdings."
    )
    office = stage.office
    loser = next(person for person in holders_of(stage, SUB) if person.reference not in stage.known.values())
    key = wallet_key(stage.seed, f"{loser.reference} second")
    successor = LocalSigner(key).address
    _prove(stage, loser.reference, successor, key)
    added = desk.AddWallet(officer="operations-1", request=stage.request(), investor=loser.reference, wallet=successor)
    stage.done(desk.add_wallet(office, added))
    command = transfers.RecoverWallet(
        officer="operations-1",
        request=stage.request(),
        lost=loser.wallet,
        successor=successor,
        evidence=stage.document("loss-report.txt", "The investor reports the key lost; identity checked."),
    )
    proposal = transfers.recover_wallet(office, command)
    held: dict[str, Any] = proposal.result["held"]
    stage.two_keys(proposal, "compliance-1")
    for symbol, amount in held.items():
        stage.tell(f"{loser.reference}: {int(amount):,} units of {symbol} now in {successor}")
    stage.remember("recovered", investor=loser.reference, held=held)
    stage.document("court-order.txt", "Order to freeze; for the reader to try `abst freeze` with.")


def register(stage: Stage) -> None:
    """Positions are read from the chain's events, and compared with the balances it holds."""
    from abst.holders import desk

    stage.scene("The register of holders of each tranche", "Read from the chain's events; names masked.")
    for symbol in stage.tokens:
        told = desk.register(stage.office, symbol).as_dict()
        rows = sorted(told["rows"], key=lambda row: (-int(row["balance"]), row["investor"]))
        stage.tell(f"{symbol}: {len(rows)} holders, supply {int(told['supply']):,}; the largest three:")
        for row in rows[:3]:
            stage.say(f"          {row['investor']}  {row['name']:<28} {int(row['balance']):>18,}")
        positions = sorted([row["investor"], row["balance"], row["frozen"]] for row in rows)
        stage.remember("positions", symbol=symbol, supply=told["supply"], rows=positions)


def check(stage: Stage) -> None:
    """Chain against outbox against store."""
    from abst.integrity import desk

    stage.scene(
        "Everything is compared", "Supply, positions, operations, admissions, roles, audit log: chain, outbox, store."
    )
    differences = desk.verify(stage.office)
    for difference in differences:
        stage.tell(f"{difference.where}: {difference.words}; found {difference.found}, expected {difference.expected}")
    stage.verified = not differences
    stage.remember("verified", differences=len(differences))


SCENES: tuple[Callable[[Stage], None], ...] = (
    bring_in,
    admit,
    issue,
    bypass,
    trade,
    overdue,
    suspension,
    recovery,
)
LAST: tuple[Callable[[Stage], None], ...] = (register, check)
