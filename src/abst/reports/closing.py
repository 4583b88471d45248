"""Counsel's set: the allotment and closing report of a filing (R-71), from consent to the last operation on chain.

Investors stand by id, persons behind them by their place in the record; names appear only by order, which is logged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst.cash import repatriation
from abst.chain.acts import Act
from abst.chain.contracts import Event
from abst.chain.office import Evidence, Office
from abst.chain.reader import events
from abst.decisions import Decision
from abst.errors import Unavailable
from abst.filing import records as filings
from abst.filing import tokens
from abst.filing.dossier import Dossier
from abst.filing.states import Status
from abst.filing.tables import Filing, FilingVersion
from abst.holders import encumbrances, facts, projection
from abst.holders.facts import Token
from abst.investor import records as investors
from abst.investor.model import PrivateRecord
from abst.investor.tables import Investor, Wallet
from abst.issuance.tables import MintLot
from abst.reports.paper import Report, Row, Section
from abst.values import ZERO_ADDRESS, Address, instant, new_id

CUSTODY = ("custodian", "clearing", "trustee", "servicer", "registry-operator")
"""Roles of a party that bear on the delivery and keeping of assets and tokens."""


@dataclass(frozen=True, slots=True)
class _Issue:
    """What was issued of a filing: its tokens, their mint events, and the lots behind them by operation."""

    filing: Filing
    version: FilingVersion
    tokens: tuple[Token, ...]
    minted: tuple[tuple[Token, Event], ...]
    lots: Mapping[str, MintLot]


def closing(office: Office, filing: str, *, reveal_to: str = "", order: Evidence | None = None) -> Report:
    """The report as of now. Names only for the admitter `reveal_to` on an order, and the log says so.

    Raises NotFound, NotAuthorised. Without the vault's key the persons behind investors are left out, with a warning.
    """
    issue = _issue(office, filing)
    if reveal_to and order is not None:
        content = {"officer": reveal_to, "filing": issue.filing.id, "order": order.as_dict()}
        act = Act(office, "report closing", new_id("req"), content)
        with act.writing(reveal_to, "admitter") as desk:
            desk.audit(f"filing {issue.filing.id}", {"revealed_to": reveal_to, "order": order.as_dict()})
    named = bool(reveal_to)
    placed = _placed(issue)
    people, wallets, sealed, warnings = _people(office, sorted({one for one, _ in placed}))
    _, held = projection.look(office)
    sections = (
        _consent(office, issue),
        _tranches(office, issue),
        _money(office, issue),
        _placees(office, issue, placed, people, wallets, held, sealed if named else {}),
        _owners(sealed, named=named),
        _corrections(office, issue),
        _parties(issue),
        _documents(issue),
        _attested(office, issue),
        _operations(office, issue),
    )
    notes = ("no-endorsement", "named" if named else "masked")
    return Report("closing", instant(office.now()), issue.filing.id, sections, notes, warnings)


def _issue(office: Office, word: str) -> _Issue:
    with office.store.read() as session:
        filing = filings.get(session, word)
        version = filings.current_version(session, filing)
    made = tuple(token for token in facts.tokens(office) if token.filing == filing.id)
    minted: list[tuple[Token, Event]] = []
    for token in made:
        contract = office.contracts.token(token.address)
        topics = [contract.codec.topic("Minted")]
        found = events(office.chain, [contract], office.deployment.block, office.chain.head().number, topics)
        minted += [(token, event) for event in found]
    with office.store.read() as session:
        query = select(MintLot).where(MintLot.token.in_([token.address for token in made]))
        lots = {lot.operation: lot for lot in session.scalars(query)}
    return _Issue(filing, version, made, tuple(minted), lots)


# ---- consent, tokens, money


def _consent(office: Office, issue: _Issue) -> Section:
    filing = issue.filing
    with office.store.read() as session:
        acts = [act for act in filings.events(session, filing.id) if act.new == Status.EFFECTIVE]
    first = acts[0] if acts else None
    values = {
        "title": filing.title,
        "state": filing.state,
        "effective": instant(first.at) if first else None,
        "evidence": first.evidence if first else None,
        "recorded-by": f"{first.actor}, {first.second or '-'}" if first else None,
        "notice": filing.notice_number,
        "notice-date": filing.notice_date,
        "notice-address": filing.notice_uri,
        "notice-hash": filing.notice_hash,
        "plan-hash": str(office.contracts.registry.read("planHashOf", filing.number)),
        "file-digest": issue.version.dossier_digest,
    }
    return _fields("consent", values)


def _fields(key: str, values: Mapping[str, str | None]) -> Section:
    rows: tuple[Row, ...] = tuple({"field": name, "value": value} for name, value in values.items())
    return Section(key, ("field", "value"), rows, codes=("field",))


def _tranches(office: Office, issue: _Issue) -> Section:
    rows: list[Row] = []
    for token in issue.tokens:
        contract = office.contracts.token(token.address)
        rows.append(
            {
                "token": token.symbol,
                "name": token.terms.name,
                "currency": token.terms.currency,
                "cap": str(token.terms.cap),
                "minted": str(contract.read("minted")),
                "supply": str(contract.read("totalSupply")),
                "holders": str(contract.read("holders")),
                "lock_days": str(token.terms.lock_seconds // 86_400),
            }
        )
    columns = ("token", "name", "currency", "cap", "minted", "supply", "holders", "lock_days")
    return Section("tranches", columns, tuple(rows), amounts=("cap", "minted", "supply", "holders", "lock_days"))


def _money(office: Office, issue: _Issue) -> Section:
    """Money taken with the delivery, by token and asset; what was paid otherwise is not on the chain."""
    settlement = office.contracts.settlement
    topics = [settlement.codec.topic("Allotted")]
    found = events(office.chain, [settlement], office.deployment.block, office.chain.head().number, topics)
    symbols = {token.address: token.symbol for token in issue.tokens}
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for event in found:
        if event.args["token"] in symbols:
            cell = sums[symbols[event.args["token"]], str(event.args["asset"])]
            cell[0], cell[1], cell[2] = cell[0] + 1, cell[1] + event.args["amount"], cell[2] + event.args["price"]
    account: Address = settlement.read("proceedsAccountOf", issue.filing.number)
    paid: dict[str, int] = defaultdict(int)
    rows: list[Row] = []
    for (symbol, asset), (count, units, price) in sorted(sums.items()):
        paid[symbol] += units
        rows.append(
            {
                "token": symbol,
                "orders": str(count),
                "units": str(units),
                "asset": asset,
                "price": str(price),
                "account": None if account == ZERO_ADDRESS else account,
            }
        )
    for token in issue.tokens:
        rest = int(office.contracts.token(token.address).read("minted")) - paid[token.symbol]
        if rest:
            rows.append(
                {"token": token.symbol, "orders": None, "units": str(rest), "asset": "not-on-chain", "price": None}
            )
    rows += _ledger(office, issue)
    columns = ("token", "orders", "units", "asset", "currency", "price", "account")
    return Section("money", columns, tuple(rows), codes=("asset",), amounts=("orders", "units", "price"))


def _ledger(office: Office, issue: _Issue) -> Iterator[Row]:
    """What the ledger of repatriation has raised (R-100), and the costs that the file states (R-30)."""
    for currency, amount in repatriation.ledger(office, issue.filing.id)["raised"].items():
        yield {"asset": "raised-recorded", "currency": currency, "price": amount}
    dossier = Dossier.read(issue.version.dossier)
    if dossier.money is not None and dossier.plan is not None:
        yield {"asset": "filed-costs", "currency": dossier.plan.currency, "price": str(dossier.money.costs)}


# ---- placees


def _placed(issue: _Issue) -> dict[tuple[str, str], int]:
    """Units allotted by (investor, token), of mints that stand on the chain."""
    placed: dict[tuple[str, str], int] = defaultdict(int)
    for token, event in issue.minted:
        lot = issue.lots.get(str(event.args["operation"]))
        for _, investor, amount, _ in lot.allocations if lot else ():
            placed[str(investor), token.symbol] += int(amount)
    return dict(placed)


def _people(
    office: Office, ids: Sequence[str]
) -> tuple[dict[str, Investor], dict[str, list[Address]], dict[str, PrivateRecord], tuple[str, ...]]:
    with office.store.read() as session:
        known = {one.id: one for one in investors.every(session) if one.id in ids}
        wallets: dict[str, list[Address]] = defaultdict(list)
        for row in session.scalars(select(Wallet).where(Wallet.number.is_not(None)).order_by(Wallet.number)):
            wallets[row.investor].append(Address(row.address))
        try:
            vault = office.vault()
        except Unavailable as error:
            return known, wallets, {}, (f"persons behind investors are left out: {error}",)
        sealed = _open(session, [one for one in ids if known[one].state != "erased"], vault)
    return known, wallets, sealed, ()


def _open(session: Session, ids: Sequence[str], vault: Any) -> dict[str, PrivateRecord]:
    return dict(investors.privates(session, ids, vault))


def _placees(
    office: Office,
    issue: _Issue,
    placed: Mapping[tuple[str, str], int],
    people: Mapping[str, Investor],
    wallets: Mapping[str, Sequence[Address]],
    held: Mapping[Address, Mapping[Address, int]],
    named: Mapping[str, PrivateRecord],
) -> Section:
    rows: list[Row] = []
    for token in issue.tokens:
        for (investor, symbol), units in sorted(placed.items()):
            if symbol != token.symbol:
                continue
            one = people[investor]
            own = wallets.get(investor, ())
            locks = [encumbrances.holding(office, token.address, wallet).locked_until for wallet in own]
            rows.append(
                {
                    "token": symbol,
                    "investor": investor,
                    "name": named[investor].name if investor in named else one.shown,
                    "kind": one.kind,
                    "jurisdiction": one.jurisdiction,
                    "regime": "+".join(office.rulebook.regime_codes(one.regimes)),
                    "allotted": str(units),
                    "now": str(sum(held.get(token.address, {}).get(wallet, 0) for wallet in own)),
                    "locked_until": instant(max(locks)) if any(locks) else None,
                }
            )
    columns = ("token", "investor", "name", "kind", "jurisdiction", "regime", "allotted", "now", "locked_until")
    codes = ("kind", "jurisdiction", "regime")
    return Section("placees", columns, tuple(rows), codes=codes, amounts=("allotted", "now"))


def _owners(sealed: Mapping[str, PrivateRecord], *, named: bool) -> Section:
    """Persons behind the placees, looked through: by their id in the record, role and share."""
    rows: list[Row] = [
        {
            "investor": investor,
            "person": person.id,
            "name": person.name if named else None,
            "role": person.role.value,
            "share": None if person.share_bps is None else f"{person.share_bps // 100}.{person.share_bps % 100:02d} %",
        }
        for investor, record in sorted(sealed.items())
        for person in record.persons
    ]
    columns = ("investor", "person", "name", "role", "share") if named else ("investor", "person", "role", "share")
    return Section("owners", columns, tuple(rows), codes=("role",))


def _corrections(office: Office, issue: _Issue) -> Section:
    symbols = {str(token.address): token.symbol for token in issue.tokens}
    with office.store.read() as session:
        found = [row for row in encumbrances.corrections(session, "mint") if row.token in symbols]
    rows: list[Row] = [
        {
            "token": symbols[str(row.token)],
            "request": row.subject,
            "row": str(row.place),
            "from": row.sender,
            "to": row.receiver,
            "units": str(row.amount),
            "operation": row.moved,
            "evidence": row.evidence,
        }
        for row in found
    ]
    columns = ("token", "request", "row", "from", "to", "units", "operation", "evidence")
    return Section("reversed", columns, tuple(rows), amounts=("units",))


# ---- assets, custody, chain


def _parties(issue: _Issue) -> Section:
    """Who keeps assets, cash and tokens, as filed."""
    structure = Dossier.read(issue.version.dossier).structure
    rows: list[Row] = [
        {"party": party.id, "role": party.role, "name": party.name, "country": party.country}
        for party in (structure.parties if structure else ())
        if party.role in CUSTODY
    ]
    return Section("custody", ("party", "role", "name", "country"), tuple(rows), codes=("role",))


def _documents(issue: _Issue) -> Section:
    """The filed documents by hash: those of the transfer of the assets among them."""
    rows: list[Row] = [
        {"document": one.code, "title": one.title, "sha256": one.sha256}
        for one in Dossier.read(issue.version.dossier).documents or ()
    ]
    return Section("documents", ("document", "title", "sha256"), tuple(rows))


def _attested(office: Office, issue: _Issue) -> Section:
    """That the deployed code and terms are the filed ones (R-29, R-42)."""
    rows: list[Row] = [
        {
            "token": str(one["symbol"]),
            "address": one["address"],
            "expected": str(one["expected"]),
            "code_hash": str(one["code_hash"]),
            "agrees": "yes" if one["ok"] else "no",
            "differences": "; ".join(one["differences"]) or None,
        }
        for one in tokens.attest(office, issue.filing.id)
    ]
    columns = ("token", "address", "expected", "code_hash", "agrees", "differences")
    return Section("attested", columns, tuple(rows), codes=("agrees",))


def _operations(office: Office, issue: _Issue) -> Section:
    return Section("operations", OPERATION, tuple(_minted(office, issue)), amounts=("rows", "units", "block"))


OPERATION = ("token", "operation", "decision", "rulebook", "rows", "units", "block", "transaction")


def _minted(office: Office, issue: _Issue) -> Iterator[Row]:
    with office.store.read() as session:
        for token, event in issue.minted:
            operation = str(event.args["operation"])
            lot = issue.lots.get(operation)
            decision = session.get(Decision, lot.released) if lot and lot.released else None
            yield {
                "token": token.symbol,
                "operation": operation,
                "decision": str(event.args["decision"]),
                "rulebook": decision.rulebook if decision else None,
                "rows": str(len(lot.allocations)) if lot else None,
                "units": str(event.args["total"]),
                "block": str(event.block_number),
                "transaction": event.tx_hash,
            }
