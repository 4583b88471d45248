"""Another registry's register, taken in from its package and asked: who held what there, and what changed.

What is taken in stands in tables of its own: nothing here is a token of this registry, and nothing of it moves. A
package that differs from itself, from its chain where one is asked, or from an earlier package of the same register,
is refused whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain as joined
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from abst.chain.acts import Act, once
from abst.chain.api import Chain
from abst.chain.office import Office, Result
from abst.errors import Conflict, IntegrityFailure, NotFound, UsageError
from abst.holders.captable import AsOf, CapTable, Owner, Tranche, cap_table
from abst.holders.ledger import Ledger
from abst.integrity.portable import layout, onchain
from abst.integrity.portable.checking import Checked, check
from abst.integrity.portable.replaying import Object, terms_of
from abst.integrity.portable.tables import ImportedPackage, ImportedSecurity, ImportedTransaction, ImportedWallet
from abst.journal import bulk
from abst.store import Base
from abst.values import instant

COMMAND = "package import"
AT_ONCE = 5_000  # rows written in one statement
TRANSACTIONS, WALLETS = Base.metadata.tables["imported_transaction"], Base.metadata.tables["imported_wallet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPackage:
    """path: a folder or a zip; signer: the address that must have signed it, empty where that is not known; chain: held
    against it where one is given.
    """

    officer: str
    request: str
    path: Path
    signer: str = ""
    chain: Chain | None = None


@once
def take_in(office: Office, cmd: ImportPackage) -> Result:
    """Check a package and keep the register that it tells (R-61). REGISTRAR. The same package again changes nothing.

    Raises IntegrityFailure for a package with any difference, or one that tells another history than an earlier
    package of the same register; NotFound, UsageError, NotAuthorised, Unavailable.
    """
    checked = check(cmd.path, signer=cmd.signer)
    act = Act(office, COMMAND, cmd.request, {"officer": cmd.officer, "manifest": checked.digest, "signer": cmd.signer})
    if act.earlier:
        return act.again()
    if cmd.chain is not None:
        onchain.against(checked, cmd.chain)
    _must_be_whole(checked)
    with act.writing(cmd.officer, "registrar") as desk:
        known = desk.session.get(ImportedPackage, checked.digest)
        if known is None:
            _must_agree(desk.session, checked)
            known = _keep(desk.session, checked, cmd, desk.at)
        fresh = known.request == cmd.request
        desk.audit(f"package {checked.digest}", {"registry": known.registry_id, "block": known.block, "fresh": fresh})
        desk.result = _told(known) | {"fresh": fresh}
    return act.finish()


def _must_be_whole(checked: Checked) -> None:
    if not checked.differences:
        return
    first, others = checked.differences[0], len(checked.differences) - 1
    words = f"the package is refused: {first.words}" + (f", and {others} more (abst package check)" if others else "")
    raise IntegrityFailure(words, found=first.found, needed=first.expected, where=first.where)


def _must_agree(session: Session, checked: Checked) -> None:
    """As far as both go, an earlier package of the same register tells the same transactions."""
    manifest = checked.manifest
    query = select(ImportedPackage).where(ImportedPackage.registry_id == manifest["registry_id"])
    # Those kept agree with one another, so the longest says what all say.
    longest = session.scalar(query.order_by(ImportedPackage.block.desc()).limit(1))
    if longest is None:
        return
    for name in ("chain_id", "genesis"):
        if getattr(longest, name) != manifest[name]:
            raise IntegrityFailure(
                "the register is of another chain than an earlier package says",
                found=str(manifest[name]),
                needed=str(getattr(longest, name)),
                where=name,
            )
    last = min(longest.block, manifest["as_of"]["block"])
    if last == longest.block == manifest["as_of"]["block"] and longest.block_hash != manifest["as_of"]["hash"]:
        found, needed = manifest["as_of"]["hash"], longest.block_hash
        raise IntegrityFailure(
            "another last block than an earlier package has", found=found, needed=needed, where="as_of"
        )
    mine = (layout.line(one).decode().strip() for _, one in _typed(checked) if one["block"] <= last)
    theirs = _contents(session, longest.manifest, last=last)
    for found, needed in zip(joined(mine, _ends()), joined(theirs, _ends()), strict=False):
        if found != needed:
            raise IntegrityFailure(
                "the package tells another history than an earlier one",
                found=found[:400],
                needed=needed[:400],
                where=f"package {longest.manifest}",
            )
        if found == END:
            return


END = "nothing"


def _ends() -> Iterator[str]:
    yield END


def _typed(checked: Checked) -> Iterator[tuple[str, Object]]:
    return checked.package.every("transactions", shaped=False)


def _keep(session: Session, checked: Checked, cmd: ImportPackage, at: int) -> ImportedPackage:
    manifest, as_of = checked.manifest, checked.manifest["as_of"]
    row = ImportedPackage(
        manifest=checked.digest,
        registry_id=manifest["registry_id"],
        chain_id=manifest["chain_id"],
        genesis=manifest["genesis"],
        block=as_of["block"],
        block_hash=as_of["hash"],
        time=as_of["timestamp"],
        signer=checked.signature["address"],
        content=manifest,
        on_chain=cmd.chain is not None,
        request=cmd.request,
        officer=cmd.officer,
        at=at,
    )
    session.add(row)
    session.flush()
    _keep_facts(session, checked)
    times = {one["number"]: one["timestamp"] for _, one in checked.package.every("blocks", shaped=False)}
    for part in bulk.chunks(_typed(checked), AT_ONCE):
        bulk.insert(session, TRANSACTIONS, [_row(checked.digest, times, one) for _, one in part])
    return row


def _row(package: str, times: dict[int, int], one: Object) -> tuple[Any, ...]:
    """In the order of the table's columns."""
    text = layout.line(one).decode().strip()
    return package, one["block"], one["log_index"], times[one["block"]], one.get("security"), text


def _keep_facts(session: Session, checked: Checked) -> None:
    package = checked.package
    ids = {one["number"]: one["id"] for _, one in package.every("filings")}
    session.add_all(
        ImportedSecurity(
            package=checked.digest,
            address=one["security"],
            filing=ids[one["filing"]],
            number=one["filing"],
            tranche=one["tranche"],
            terms=one["terms"],
        )
        for _, one in package.every("tranches")
        if one["security"] is not None
    )
    wallets = [
        (checked.digest, wallet["address"], one["number"], one["id"])
        for _, one in package.every("holders")
        for wallet in one["wallets"]
    ]
    bulk.insert(session, WALLETS, wallets)


# ---- asking


def packages(office: Office) -> list[Object]:
    """Every package taken in, the earliest block of each register first."""
    query = select(ImportedPackage).order_by(ImportedPackage.registry_id, ImportedPackage.block)
    with office.store.read() as session:
        return [_told(row) | {"securities": _symbols(session, row.manifest)} for row in session.scalars(query)]


def _told(row: ImportedPackage) -> Object:
    return {
        "package": row.manifest,
        "registry": row.registry_id,
        "chain_id": row.chain_id,
        "block": row.block,
        "time": instant(row.time),
        "signer": row.signer,
        "on_chain": row.on_chain,
        "transactions": row.content["counts"]["transactions"],
        "imported": instant(row.at),
    }


def _symbols(session: Session, package: str) -> list[str]:
    query = select(ImportedSecurity).where(ImportedSecurity.package == package)
    ordered = query.order_by(ImportedSecurity.number, ImportedSecurity.tranche)
    return [str(row.terms["symbol"]) for row in session.scalars(ordered)]


def cap_tables(
    office: Office, word: str, token: str = "", *, block: int | None = None, second: int | None = None
) -> list[CapTable]:
    """Who held what there: of one token or of all, after a block, at a second, or at the package's end.

    Raises NotFound, Conflict for a word that several packages begin with, UsageError for a moment after its end.
    """
    with office.store.read() as session:
        package = _package(session, word)
        as_of = _point(session, package, block, second)
        return [_table(session, package, row, as_of) for row in _securities(session, package, token)]


def _package(session: Session, word: str) -> ImportedPackage:
    found = list(
        session.scalars(select(ImportedPackage).where(ImportedPackage.manifest.startswith(word, autoescape=True)))
    )
    if len(word) < 8 or not found:
        raise NotFound("no such package here", found=word, needed="as `abst package list` names it, 8 letters or more")
    if len(found) > 1:
        needed = "more letters of one of them"
        raise Conflict("several packages begin so", found=", ".join(row.manifest for row in found), needed=needed)
    return found[0]


def _point(session: Session, package: ImportedPackage, block: int | None, second: int | None) -> AsOf:
    own = AsOf(package.block, package.block_hash, package.time)
    if (block is None or block == package.block) and second is None:
        return own
    if (block or 0) > package.block or (second or 0) > package.time:
        found = str(block) if second is None else instant(second)
        needed = f"at the latest block {package.block}, {instant(package.time)}: a later package"
        raise UsageError("the package ends before", found=found, needed=needed, where="--at")
    row = ImportedTransaction
    reached = select(func.max(row.block), func.max(row.second)).where(row.package == package.manifest)
    reached = reached.where(row.block <= block) if second is None else reached.where(row.second <= second)
    last, at = session.execute(reached).one()
    return AsOf(block if block is not None else last or 0, "", second if second is not None else at or 0)


def _securities(session: Session, package: ImportedPackage, token: str) -> list[ImportedSecurity]:
    query = select(ImportedSecurity).where(ImportedSecurity.package == package.manifest)
    found = list(session.scalars(query.order_by(ImportedSecurity.number, ImportedSecurity.tranche)))
    if not token:
        return found
    named = [row for row in found if token in (row.terms["symbol"], row.address, f"{row.number}:{row.tranche}")]
    if len(named) != 1:
        told = ", ".join(f"{row.number}:{row.tranche} ({row.terms['symbol']})" for row in found)
        raise NotFound("no such token in the package", found=token, needed=f"one of {told}", where="TOKEN")
    return named


def _table(session: Session, package: ImportedPackage, row: ImportedSecurity, as_of: AsOf) -> CapTable:
    ledger = Ledger()
    for content in _contents(session, package.manifest, last=as_of.block, security=row.address):
        ledger.apply(orjson.loads(content))
    query = select(ImportedWallet).where(ImportedWallet.package == package.manifest)
    owners = {
        wallet.address: Owner(wallet.investor or f"holder {wallet.holder}")
        for wallet in session.scalars(query)
        if wallet.address in ledger.balances
    }
    terms = terms_of(row.terms)
    tranche = Tranche(terms.symbol, terms.name, row.address, row.filing, row.tranche, terms.currency, terms.decimals)
    return cap_table(tranche, as_of, ledger, owners)


def _contents(session: Session, package: str, *, last: int, security: str | None = None) -> Iterator[str]:
    """Transactions of a package up to a block, of all or of one security, in the order of the chain."""
    row = ImportedTransaction
    query = select(row.content).where(row.package == package, row.block <= last)
    if security is not None:
        query = query.where(row.security == security)
    yield from session.execute(query.order_by(row.block, row.log_index).execution_options(yield_per=2_000)).scalars()


def compare(office: Office, earlier: str, later: str) -> Object:
    """What changed from one package of a register to another: holdings by token and wallet, and supplies.

    Raises NotFound, Conflict, UsageError for packages of two registers.
    """
    with office.store.read() as session:
        two = sorted((_package(session, word) for word in (earlier, later)), key=lambda package: package.block)
        if two[0].registry_id != two[1].registry_id:
            found = ", ".join(package.registry_id for package in two)
            raise UsageError("packages of two registers", found=found, needed="two of one", where="PACKAGE")
        tables = [
            {
                row.address: _table(session, one, row, _point(session, one, None, None))
                for row in _securities(session, one, "")
            }
            for one in two
        ]
    return {
        "registry": two[0].registry_id,
        "earlier": two[0].manifest,
        "later": two[1].manifest,
        "blocks": [two[0].block, two[1].block],
        "changes": [change for address in tables[1] for change in _changes(tables[0].get(address), tables[1][address])],
    }


def _changes(before: CapTable | None, after: CapTable) -> Iterator[Object]:
    """Every wallet whose face changed, by wallet."""
    old = {row.wallets[0]: row for row in before.wallets} if before else {}
    new = {row.wallets[0]: row for row in after.wallets}
    for wallet in sorted({*old, *new}):
        had, has = (rows[wallet].face if wallet in rows else 0 for rows in (old, new))
        if had != has:
            owner = (new.get(wallet) or old[wallet]).owner
            yield {
                "token": after.tranche.symbol,
                "wallet": wallet,
                "investor": owner.id if owner else None,
                "before": str(had),
                "after": str(has),
            }
