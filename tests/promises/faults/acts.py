"""What operators are asked to do, each act through the real desk, as a value that can be asked again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from abst import decisions, journal, outbox
from abst.cash import deposits
from abst.chain import proposals
from abst.chain.deploy import transaction
from abst.chain.office import Approve, Evidence, Office, Result
from abst.chain.sending import resolving
from abst.disclosure import desk as disclosure
from abst.errors import Conflict, NotAuthorised, NotFound
from abst.filing import desk as filing
from abst.holders import desk as holders
from abst.integrity import desk as integrity
from abst.issuance import desk as issuance
from abst.issuance.deciding import Allocation
from abst.servicing import payments
from abst.transfers import desk as transfers
from abst.values import new_id
from promises.faults.template import FROM, OFFERED, PEOPLE, Template
from promises.kill_harness import CHECKER, FILING, MAKER, TOKEN

BANK, REGULATOR = "bank-desk", "regulator-desk"
PAPER = Evidence("order.txt", b"A document of the tests.")
LOT = 2  # rows of a mint, holders of a push, in one transaction


@dataclass(frozen=True)
class Act:
    """One request of an operator. number: what distinguishes its content."""

    kind: str
    request: str
    number: int = 0

    def __call__(self, office: Office) -> Any:
        told = KINDS[self.kind](office, self)
        if not isinstance(told, Result):
            return None
        if told.outcome == "done":
            _must_have_ended(office, told.request)
        return told

    def other(self) -> Act:
        """The same request with other content."""
        return replace(self, number=self.number + 1)


def _must_have_ended(office: Office, request: str) -> None:
    """Nobody is told that something is done while it is not."""
    with office.store.read() as session:
        states = {intent.state for intent in outbox.of_request(session, request)}
    assert states <= {"final", "rejected"}, f"{request} is called done: {states}"


def rows_of(number: int) -> list[tuple[int, int]]:
    """A table of a mint: (investor, lots). One row, or several that take two or three transactions."""
    return [((number + row) % PEOPLE, 1 + row % 2) for row in range((1, 3, 5)[number % 3])]


def propose_mint(office: Office, act: Act) -> Result:
    template = Template.of(office.home)
    rows = rows_of(act.number)
    table = [Allocation(template.investors[to], lots * template.lot, row) for row, (to, lots) in enumerate(rows, 2)]
    return issuance.mint(
        office, issuance.ProposeMint(officer=MAKER, request=act.request, token=TOKEN, allocations=tuple(table))
    )


def approve(office: Office, act: Act) -> Result:
    """The checker's half of what was proposed under this request."""
    with office.store.read() as session:
        proposal = decisions.find(session, act.request)
    if proposal is None:
        raise NotFound("nothing was proposed", where=act.request)
    return proposals.approve(office, Approve(CHECKER, f"{act.request}-yes", proposal.id))


def both(half: Callable[[Office, Act], Result]) -> Callable[[Office, Act], Result]:
    """Both halves, one after the other."""

    def whole(office: Office, act: Act) -> Result:
        asked = half(office, act)
        return approve(office, act) if asked.proposal else asked

    return whole


def transfer(office: Office, act: Act) -> Result:
    """From one of the holders whose keys lie here, a lot to somebody."""
    template = Template.of(office.home)
    sender, to = template.investors[act.number % FROM], template.investors[(act.number + 1) % PEOPLE]
    amount = template.lot * (1 + act.number % 2)
    return transfers.transfer(
        office, transfers.Transfer(request=act.request, holder=sender, to=to, amount=amount, token=TOKEN)
    )


def freeze(office: Office, act: Act) -> Result:
    template = Template.of(office.home)
    one = template.investors[(FROM + act.number) % PEOPLE]
    return transfers.freeze(
        office,
        transfers.Freeze(
            officer=MAKER, request=act.request, token=TOKEN, wallet=one, amount=act.number, evidence=PAPER
        ),
    )


def suspend(office: Office, act: Act) -> Result:
    note = f"order {act.number}"
    return filing.suspend(
        office, filing.Suspend(officer=REGULATOR, request=act.request, filing=FILING, evidence=PAPER, note=note)
    )


def resume(office: Office, act: Act) -> Result:
    note = f"order {act.number}"
    return filing.resume(
        office, filing.Resume(officer=MAKER, request=act.request, filing=FILING, evidence=PAPER, note=note)
    )


def publish(office: Office, act: Act) -> Result:
    document = Evidence("report.txt", f"Report {act.number}".encode())
    return disclosure.disclose(
        office,
        disclosure.Disclose(
            officer=MAKER,
            request=act.request,
            filing=FILING,
            name=f"report-{act.number}",
            kind="other",
            document=document,
            uri="https://example.org/report",
        ),
    )


def push(office: Office, act: Act) -> Result:
    return payments.push(
        office, payments.Push(officer=MAKER, request=act.request, payment="1", lot=LOT + act.number % 2)
    )


def deposit(office: Office, act: Act) -> Result:
    return deposits.make(
        office, deposits.MakeDeposit(officer=BANK, request=act.request, to=MAKER, amount=OFFERED + act.number)
    )


def run_ops(office: Office, _: Act) -> None:
    proposals.run_ops(office)


def verify(office: Office, _: Act) -> None:
    """Somebody looks in the middle of it all; what differs then may be under way."""
    integrity.verify(office)


def look(office: Office, _: Act) -> None:
    holders.register(office, TOKEN)


def reindex(office: Office, _: Act) -> None:
    """Everything derived from the chain's log is built again, and compared."""
    journal.reindex(office)


def use_elsewhere(office: Office, _: Act) -> None:
    """Somebody uses the maker's key with another program."""
    signer = office.keys.signer_named(MAKER)
    if signer is None:
        raise NotAuthorised("the key is not here", where=MAKER)
    chain = office.chain
    nonce, fees = chain.nonce(signer.address), chain.gas_price()
    tx = transaction(chain, nonce=nonce, to=signer.address, gas=30_000, fees=fees)
    chain.send_raw(signer.sign_transaction(tx).raw)


def decide(office: Office, _: Act) -> None:
    """A person looks through `abst ops list` and `abst ops lanes`, and decides on what cannot go on by itself."""
    for lane in resolving.lanes(office):
        if lane["halt"]:
            word = resolving.Lift(CHECKER, f"lift-{new_id('x')}", lane["address"], PAPER)
            resolving.lift(office, word)
    for one in proposals.operations(office, ["needs_attention"]):
        for choice in (resolving.RETRY, resolving.REJECT):
            word = resolving.Resolve(MAKER, f"resolve-{new_id('x')}", one["intent"], choice, PAPER)
            try:
                resolving.resolve(office, word)
                break
            except Conflict:  # the chain knows better; or it refuses now what was wanted then
                office.sender.drain([one["intent"]])


KINDS: dict[str, Callable[[Office, Act], Result | None]] = {
    "mint": both(propose_mint),
    "propose a mint": propose_mint,
    "transfer": transfer,
    "freeze": both(freeze),
    "propose a freeze": freeze,
    "publish": publish,
    "push": push,
    "deposit": deposit,
    "suspend": suspend,
    "resume": both(resume),
    "run ops": run_ops,
    "verify": verify,
    "look at the register": look,
    "reindex": reindex,
    "use the key elsewhere": use_elsewhere,
    "decide": decide,
}
UNASKED = ("run ops", "verify", "look at the register", "reindex", "use the key elsewhere", "decide")
ASKED = tuple(kind for kind in KINDS if kind not in UNASKED)
WHOLE = {"propose a mint": "mint", "propose a freeze": "freeze"}  # what becomes of a half at the end


def whole(act: Act) -> Act:
    return replace(act, kind=WHOLE.get(act.kind, act.kind))


def wanted(office: Office, act: Act) -> list[str]:
    """The operation ids of all transactions that the act, carried out whole, must have made on chain, once each."""

    def ids(request: str, count: int) -> list[str]:
        return [outbox.operation_id(office.registry_id, request, lot) for lot in range(count)]

    if act.kind == "mint":
        return ids(act.request, -(-len(rows_of(act.number)) // LOT))
    if act.kind in ("freeze", "resume"):
        return [*ids(act.request, 1), *ids(f"{act.request}-yes", 1)]
    if act.kind == "push":
        with office.store.read() as session:
            return ids(act.request, (outbox.get_request(session, act.request).result or {})["result"]["lots"])
    return ids(act.request, 1)
