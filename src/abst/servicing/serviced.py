"""A filing under servicing: its deal as filed and compiled once in a process, its program as opened, its tokens."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from abst.chain.contracts import Event
from abst.chain.office import Office
from abst.chain.reader import events
from abst.deal import Deal
from abst.deal.schedule import PaymentDate
from abst.deal.waterfall.closing import Owed
from abst.deal.waterfall.program import Header, decode, program_hash
from abst.errors import IntegrityFailure, NotFound, UsageError
from abst.filing import records
from abst.holders import facts as chain_facts
from abst.holders.desk import advance, positions
from abst.holders.facts import Token
from abst.servicing.period_tables import Close, Servicing
from abst.values import Hash


@dataclass(frozen=True, slots=True)
class Serviced:
    """number: the filing's id on chain; tokens: in the order of the program's classes."""

    filing: str
    number: int
    deal: Deal
    program: bytes
    header: Header
    tokens: tuple[Token, ...]

    @property
    def where(self) -> str:
        return f"filing {self.filing}"

    @property
    def names(self) -> tuple[str, ...]:
        """The deal's names of the classes that are tokens, in the same order."""
        return tuple(one.tranche for one in self.deal.issued)

    def payment(self, period: int) -> PaymentDate:
        """Dates of a period. Raises NotFound."""
        if not 1 <= period <= len(self.deal.payments):
            needed = f"1 to {len(self.deal.payments)}"
            raise NotFound("no such period", found=str(period), needed=needed, where=self.where)
        return self.deal.payments[period - 1]


def deal_of(office: Office, session: Session, filing_id: str) -> tuple[str, int, Deal]:
    """Id, number and deal of a filing's current version; a deal is compiled once in a process. Raises NotFound."""
    filing = records.get(session, filing_id)
    version = records.current_version(session, filing)
    key = ("deal", version.deal_hash)
    if key not in office.memo:
        office.memo[key] = Deal.read(version.deal, f"deal of {filing.id}")
    deal: Deal = office.memo[key]
    return filing.id, filing.number, deal


def of(office: Office, filing_id: str) -> Serviced:
    """A filing whose servicing is open. Raises NotFound; UsageError before; IntegrityFailure for another program."""
    known = office.memo.get(("serviced", filing_id))
    if isinstance(known, Serviced):
        return known
    with office.store.read() as session:
        name, number, deal = deal_of(office, session, filing_id)
        opened = session.get(Servicing, name)
    if opened is None:
        needed = "abst period open-servicing"
        raise UsageError(
            "the servicing of this filing is not open", found="none", needed=needed, where=f"filing {name}"
        )
    if opened.program != deal.compiled.program:
        raise IntegrityFailure(
            "the deal compiles to another program than the one that was opened",
            found=program_hash(deal.compiled.program),
            needed=opened.program_hash,
            where=f"filing {name}",
        )
    tokens = tuple(chain_facts.token(office, f"{name}:{n}") for n in range(len(deal.issued)))
    made = Serviced(name, number, deal, opened.program, decode(opened.program).header, tokens)
    office.memo["serviced", filing_id] = made
    return made


def state_before(session: Session, of: Serviced, period: int) -> tuple[int, ...]:
    """The state with which a period begins. Raises NotFound when the one before is not closed here."""
    if period == 1:
        return of.header.start
    before = session.get(Close, (of.filing, period - 1))
    if before is None:
        needed = f"the close of period {period - 1}: abst ops run"
        raise NotFound("the period before is not closed here", found="none", needed=needed, where=of.where)
    return tuple(before.following)


def owed(office: Office, of: Serviced, period: int) -> list[Owed]:
    """What each token says is outstanding and written down before a period: the one truth of what is owed (R-90).

    Where the chain has closed the period already, and only this store has not, what it said then.
    """
    close = None
    if int(office.contracts.servicing.read("closedOf", of.number)) >= period:
        close = closes(office, of).get(period)
    return [_owed(office, token, close) for token in of.tokens]


def closes(office: Office, of: Serviced) -> dict[int, Event]:
    """Period -> how the chain closed it."""
    contract, head = office.contracts.servicing, office.chain.head().number
    topics = [contract.codec.topic("PeriodClosed"), Hash(f"0x{of.number:064x}")]
    found = events(office.chain, [contract], office.deployment.block, head, topics)
    return {event.args["period"]: event for event in found}


def _owed(office: Office, token: Token, close: Event | None) -> Owed:
    contract = office.contracts.token(token.address)
    if close is None:
        outstanding, _, written_down = contract.read("amortisation")
        return Owed(outstanding, written_down)
    topics = [contract.codec.topic("Amortised")]
    found = events(office.chain, [contract], office.deployment.block, close.block_number, topics)
    before = [one for one in found if (one.block_number, one.log_index) < (close.block_number, close.log_index)]
    if before:
        return Owed(before[-1].args["outstanding"], before[-1].args["writtenDown"])
    advance(office)
    with office.store.read() as session:
        return Owed(sum(positions(session, token.address, close.block_number).values()), 0)
