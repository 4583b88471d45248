"""A package checked, without a chain and without a home: hashes, signature, shapes, and its log done again.

Every derived line must be, byte for byte, what the log in the package gives. What nothing in the package proves (ids,
titles, filed documents, decisions other than those of mints) stands on the officer's signature; that the log is the
chain's, on the chain (`onchain`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

from eth_abi.exceptions import EncodingError

from abst.errors import IntegrityFailure, UsageError
from abst.integrity.checks import Difference
from abst.integrity.portable import layout
from abst.integrity.portable.layout import MANIFEST, SIGNATURE
from abst.integrity.portable.opening import Opened, open_package
from abst.integrity.portable.replaying import (
    Object,
    Replay,
    address_of,
    init_code_hash,
    plan_hash_of,
    salt_of,
    terms_of,
)
from abst.values import ZERO_HASH, Hash, file_digest, hash_of, instant, to_bytes

MOST = 20  # differences told; a tampered file has thousands


@dataclass
class Checked:
    """What came of it. replay: the register that the log makes, none where its files are not what was signed."""

    package: Opened
    manifest: Object
    digest: Hash
    signature: Object
    replay: Replay | None = None
    counted: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)

    def compare(self, where: str, words: str, found: Any, expected: Any) -> None:
        self.counted[words] += 1
        if found != expected and len(self.differences) < MOST:
            self.differences.append(Difference(where, f"{found!s:.200}", f"{expected!s:.200}", words))

    def note(self, error: IntegrityFailure) -> None:
        self.differences.append(Difference(error.where, error.found, error.needed, error.message))


def check(path: Path, *, signer: str = "") -> Checked:
    """Check a package; every difference. signer: the address that must have signed it, where that is known.

    Raises NotFound, and UsageError for what is no package at all.
    """
    package = open_package(path)
    manifest = _manifest(package)
    checked = Checked(package, manifest, file_digest(package.read(MANIFEST)), {})
    try:
        checked.signature = package.page(SIGNATURE, layout.SIGNATURE_SHAPE)
        _files(checked)
        _signature(checked, signer)
        if not checked.differences:  # what was not signed says nothing
            checked.replay = _log(checked)
            for part in PARTS:
                part(checked, checked.replay)
    except IntegrityFailure as error:
        checked.note(error)
    except (EncodingError, KeyError) as error:
        checked.note(IntegrityFailure("a value that no registry has", found=repr(error), where="package"))
    return checked


def _manifest(package: Opened) -> Object:
    try:
        found: Object = package.page(MANIFEST, layout.MANIFEST_SHAPE)
    except IntegrityFailure as error:
        raise UsageError("not a package", found=error.found, needed=layout.SCHEMA, where=MANIFEST) from None
    return found


def _files(checked: Checked) -> None:
    """Exactly the files that the manifest lists, each as long and with the hash that it says."""
    package, listed = checked.package, checked.manifest["files"]
    checked.compare(MANIFEST, "form of the manifest", package.read(MANIFEST), layout.page(checked.manifest))
    found = sorted(name for name in package.sizes if name not in (MANIFEST, SIGNATURE))
    checked.compare(MANIFEST, "files of the package", found, sorted(listed))
    counts: Counter[str] = Counter()
    for name in sorted(set(listed) & set(found)):
        content, told = package.read(name), listed[name]
        checked.compare(name, "hash of a file", file_digest(content), told["sha256"])
        checked.compare(name, "bytes of a file", len(content), told["bytes"])
        schema = layout.kind_of_file(name)
        checked.compare(name, "schema of a file", schema, told["schema"])
        checked.compare(name, "lines of a file", content.count(b"\n") if schema else 0, told["lines"])
        counts[name.split("/")[0]] += told["lines"]
    for kind in layout.FILES:
        checked.compare(MANIFEST, f"count of {kind}", counts[kind], checked.manifest["counts"][kind])
    for file, published in layout.pages().items():
        checked.compare(file, "schema as published", package.read(file), published)


def _signature(checked: Checked, signer: str) -> None:
    from eth_account import Account
    from eth_account.messages import encode_defunct
    from eth_keys.exceptions import BadSignature
    from eth_utils.exceptions import ValidationError

    told = checked.signature
    form = checked.package.read(SIGNATURE)
    checked.compare(SIGNATURE, "form of the signature", form, layout.page(told))
    words = layout.signed_words(checked.digest)
    checked.compare(SIGNATURE, "signed words", told["text"], words)
    try:
        found = Account.recover_message(encode_defunct(text=words), signature=to_bytes(told["signature"]))
    except (BadSignature, ValidationError, ValueError, TypeError) as error:
        found = f"no signature: {type(error).__name__}"
    checked.compare(SIGNATURE, "signer of the package", found, told["address"])
    if signer:
        checked.compare(SIGNATURE, "signer that was expected", told["address"], signer)


# ---- the log, done again


def _log(checked: Checked) -> Replay:
    """Blocks and events in order, each event typed as transactions/ has it. Raises IntegrityFailure."""
    package, manifest = checked.package, checked.manifest
    times: dict[int, int] = {}
    hashes: dict[str, int] = {}
    before = (manifest["from_block"] - 1, 0)
    for where, block in package.every("blocks"):
        place = block["number"], block["timestamp"]
        if place[0] <= before[0] or place[1] < before[1] or block["hash"] in hashes:
            needed = f"after block {before[0]}, no earlier than {instant(before[1])}, a hash of its own"
            raise IntegrityFailure("blocks are out of order", found=f"block {place[0]}", needed=needed, where=where)
        times[place[0]], hashes[block["hash"]] = place[1], place[0]
        before = place
    as_of = manifest["as_of"]
    last = as_of["block"], as_of["timestamp"]
    checked.compare(MANIFEST, "last block", (*before, hashes.get(as_of["hash"])), (*last, last[0]))
    checked.compare(MANIFEST, "time of the last block", as_of["time"], instant(as_of["timestamp"]))
    replay = Replay(manifest["contracts"], times)
    _same(checked, "transactions", _typed(package, replay))
    checked.counted["events read again"] = manifest["counts"]["events"]
    return replay


def _typed(package: Opened, replay: Replay) -> Iterator[Object]:
    """The typed objects of the log, event by event. Raises IntegrityFailure for one that is out of order."""
    before: tuple[int, ...] = (-1, -1)
    transaction: tuple[int, int, str] = (-1, -1, "")
    for where, event in package.every("events"):
        place = event["block"], event["log_index"]
        now = event["block"], event["transaction_index"], event["transaction"]
        same = transaction[0] == now[0]  # within a block, transactions count up, and each is one
        moved = same and (now[1] < transaction[1] or (now[1] == transaction[1]) != (now[2] == transaction[2]))
        if place <= before or moved:
            needed = f"after {before[0]}-{before[1]}, in the order of transactions"
            raise IntegrityFailure(
                "events are out of order", found=f"{place[0]}-{place[1]}", needed=needed, where=where
            )
        before, transaction = place, now
        made = replay.take(event)
        if made is not None:
            yield made


def _same(checked: Checked, kind: str, expected: Iterable[Mapping[str, Any]]) -> None:
    """The lines of a kind are exactly these objects. Raises IntegrityFailure at the first that is not."""
    stated = checked.package.every(kind, shaped=False)
    for told, made in zip_longest(stated, expected):
        where, one = told if told is not None else (kind, None)
        checked.counted[f"{kind} that follow from the log"] += 1
        if one != made:
            raise IntegrityFailure(
                f"{kind}: a line does not follow from the log", found=brief(one), needed=brief(made), where=where
            )


def brief(one: Mapping[str, Any] | None) -> str:
    return "nothing" if one is None else layout.line(one).decode().strip()[:400]


def _derived(checked: Checked, replay: Replay) -> None:
    """Positions, totals and published documents are what the log comes to; so are holders, but for their ids."""
    _same(checked, "positions", replay.positions())
    _same(checked, "totals", replay.totals())
    holders = [one for _, one in checked.package.every("holders")]
    ids = {wallet["address"]: one["id"] for one in holders for wallet in one["wallets"] if one["id"] is not None}
    _same(checked, "holders", replay.holders(ids))
    named = Counter(one["id"] for one in holders if one["id"] is not None)
    checked.compare("holders", "an id of one holder", [id_ for id_, times in named.items() if times > 1], [])
    found = [one for _, one in checked.package.every("documents") if one["source"] == "published"]
    checked.compare("documents", "documents as published", found, list(replay.documents()))


def _plans(checked: Checked, replay: Replay) -> None:
    """What was filed is what exists: plan hashes of their parts, and each token where CREATE2 puts it (R-29, R-42)."""
    package, contracts = checked.package, checked.manifest["contracts"]
    codes: dict[str, bytes] = {}
    for where, one in package.every("code"):
        codes[one["hash"]] = to_bytes(one["code"])
        checked.compare(where, "hash of a code", hash_of(codes[one["hash"]]), one["hash"])
    filings = {one["number"]: one for _, one in package.every("filings")}
    filed = {number: (one.plan_hash, one.tranches, one.status) for number, one in replay.filings.items()}
    told = {number: (one["plan_hash"], one["tranches"], one["status"]) for number, one in filings.items()}
    checked.compare("filings", "filings as the chain has them", told, filed)
    terms: dict[int, list[Any]] = {number: [] for number in filings}
    securities: dict[str, tuple[int, int]] = {}
    for where, one in package.every("tranches"):
        place = one["filing"], one["tranche"]
        if one["filing"] not in filings or one["tranche"] != len(terms[one["filing"]]):
            raise IntegrityFailure("tranches are out of order", found=str(place), needed="0, 1, 2 …", where=where)
        own = _terms(one, where)
        terms[place[0]].append(own)
        checked.compare(where, "salt of a token", one["salt"], salt_of(*place))
        code = codes.get(filings[place[0]]["code_hash"])
        init = None if code is None else init_code_hash(contracts, code, *place, own)
        checked.compare(where, "creation code of a token", one["init_code_hash"], init)
        if one["security"] is not None:
            securities[one["security"]] = place
            if init is not None:
                stands = address_of(contracts, one["salt"], init)
                checked.compare(where, "address of a token by CREATE2", one["security"], stands)
    for number, filing in filings.items():
        again = plan_hash_of(checked.manifest["chain_id"], filing, terms[number])
        checked.compare(f"filing {number}", "plan hash of its parts", again, filing["plan_hash"])
    made = {security: (one.filing, one.tranche) for security, one in replay.securities.items()}
    checked.compare("tranches", "tokens made", securities, made)


def _terms(one: Object, where: str) -> Any:
    try:
        return terms_of(one["terms"])
    except UsageError as error:
        raise IntegrityFailure("terms that no token has", found=error.found, needed=error.needed, where=where) from None


def _decided(checked: Checked, replay: Replay) -> None:
    """Every mint stands on a decision that is here, and that let it pass."""
    decisions = {one["hash"]: one for _, one in checked.package.every("decisions")}
    for hash_, transaction in replay.decisions.items():
        if hash_ != ZERO_HASH:
            one = decisions.get(hash_)
            checked.compare(f"transaction {transaction}", "decision of a mint", one is not None and one["passed"], True)
    for where, one in checked.package.every("documents"):
        number = one["filing"]
        checked.compare(where, "filing of a document", number in replay.filings, True)


def _signed_by(checked: Checked, replay: Replay) -> None:
    """By the log, the signer holds or once held a role of the registry."""
    address = checked.signature["address"]
    checked.compare(SIGNATURE, "signer is an officer", address in replay.officers, True)


PARTS: tuple[Callable[[Checked, Replay], None], ...] = (_derived, _plans, _decided, _signed_by)
