"""An evidence pack checked: signature, hashes of every file, the chain of entries, and the proofs on the chain.

Without a chain everything is checked that needs none, and the answer says so.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from abst import audit
from abst.chain.api import Chain
from abst.chain.contracts import Contract
from abst.chain.deploy import Deployment
from abst.chain.reader import events
from abst.decisions import decision_hash, proposal_hash
from abst.errors import UsageError
from abst.integrity.checks import Difference
from abst.integrity.pack import MANIFEST, SCHEMA, SIGNATURE, names, signed_words
from abst.values import Address, Hash, digest, file_digest, hash_of, shallow, to_bytes

MOST = 512 * 1024 * 1024  # bytes of all files together, unpacked


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of checking a pack. counted: how many of each were checked; on_chain: whether a chain was asked."""

    manifest: Hash
    officer: str
    address: str
    on_chain: bool
    counted: dict[str, int]
    differences: tuple[Difference, ...]


@dataclass
class _Pack:
    """An opened pack: its files as JSON, and what was found so far."""

    files: dict[str, bytes]
    counted: dict[str, int] = field(default_factory=dict)
    found: list[Difference] = field(default_factory=list)

    def json(self, name: str) -> Any:
        """A file of the pack. Raises UsageError when it is missing or no JSON."""
        try:
            with shallow(name):
                return json.loads(self.files[name])
        except (KeyError, ValueError):
            raise UsageError("not an evidence pack", found=f"no {name}", needed=SCHEMA, where=name) from None

    def compare(self, where: str, words: str, found: Any, expected: Any) -> None:
        self.counted[words] = self.counted.get(words, 0) + 1
        if found != expected:
            self.found.append(Difference(where, str(found), str(expected), words))


def check(content: bytes, chain: Chain | None = None, home: Deployment | None = None) -> Checked:
    """Check a pack; every difference. Raises UsageError for what is no pack at all.

    chain: where its proofs are looked up; home: the registry that the pack must be of, by what is known of it here.
    """
    pack = _Pack(_unzip(content))
    manifest = pack.json(MANIFEST)
    signature = pack.json(SIGNATURE)
    try:
        if manifest["schema"] != SCHEMA:
            raise UsageError("another form of pack", found=str(manifest["schema"]), needed=SCHEMA, where=MANIFEST)
        _files(pack, manifest)
        _signature(pack, signature)
        for part in PARTS:
            part(pack)
        if home is not None:
            pack.compare(MANIFEST, "registry of the pack", manifest["registry_id"], home.registry_id)
            pack.compare(MANIFEST, "contracts of the registry", manifest["contracts"], home.addresses())
        if chain is not None:
            _chain(pack, manifest, signature, chain)
    except (KeyError, TypeError, IndexError, ValueError, AttributeError) as error:
        raise UsageError("a file of the pack is malformed", found=repr(error), needed=SCHEMA, where="pack") from None
    return Checked(
        file_digest(pack.files[MANIFEST]),
        str(signature["officer"]),
        str(signature["address"]),
        chain is not None,
        pack.counted,
        tuple(pack.found),
    )


def _unzip(content: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            if sum(info.file_size for info in file.infolist()) > MOST:
                raise UsageError(
                    "the pack is too large", found="unpacked", needed=f"at most {MOST} bytes", where="pack"
                )
            found = file.namelist()
            if len(set(found)) != len(found):
                raise UsageError("a file stands twice in the pack", found=", ".join(found), where="pack")
            return {name: file.read(name) for name in found}
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError) as error:
        raise UsageError("not a zip", found=str(error), needed="an evidence pack", where="pack") from None


def _files(pack: _Pack, manifest: dict[str, Any]) -> None:
    """Exactly the files that the manifest lists, each with its hash."""
    listed: dict[str, str] = manifest["members"]
    pack.compare(MANIFEST, "files of the pack", names(pack.files), sorted(listed))
    for name in sorted(set(listed) & set(pack.files)):
        pack.compare(name, "hash of a file", file_digest(pack.files[name]), listed[name])


def _signature(pack: _Pack, signature: dict[str, Any]) -> None:
    from eth_account import Account
    from eth_account.messages import encode_defunct
    from eth_keys.exceptions import BadSignature
    from eth_utils.exceptions import ValidationError

    words = signed_words(file_digest(pack.files[MANIFEST]))
    pack.compare(SIGNATURE, "signed words", signature["text"], words)
    try:
        signer = Account.recover_message(encode_defunct(text=words), signature=to_bytes(signature["signature"]))
    except (BadSignature, ValidationError, ValueError, TypeError) as error:
        signer = f"no signature: {type(error).__name__}"
    pack.compare(SIGNATURE, "signer of the pack", signer, signature["address"])


# ---- what needs no chain


def _entries(pack: _Pack) -> None:
    """Every entry told is the one in the chain of hashes, which is unbroken."""
    links = {row[0]: row for row in pack.json("links.json")}
    before: str | None = None
    for seq in sorted(links):
        _, previous, content, made = links[seq]
        if isinstance(content, dict):  # an entry of an earlier form is hashed over its words themselves
            expected = digest({key: value for key, value in content.items() if key != "hash"})
        else:
            expected = audit.link(seq, previous, content)
        pack.compare(f"entry {seq}", "hash of an entry", made, expected)
        if before is not None:
            pack.compare(f"entry {seq}", "chain of entries", previous, before)
        before = made
    for entry in pack.json("entries.json"):
        said = {key: entry[key] for key in ("at", "actor", "act", "subject", "facts")}
        link = links.get(entry["seq"], [None] * 4)
        content = entry if isinstance(link[2], dict) else digest(said)
        pack.compare(f"entry {entry['seq']}", "content of an entry", link[2], content)
        pack.compare(f"entry {entry['seq']}", "hash of an entry told", link[3], entry["hash"])


def _decisions(pack: _Pack) -> None:
    """Every decision is what was hashed, under a rulebook that is here, and is named by an entry that is here."""
    named: dict[str, str] = {}
    for entry in pack.json("entries.json"):
        named |= entry["facts"].get(audit.DECISIONS, {})
    # Entries of an earlier form named no decisions.
    older = max((row[2]["at"] for row in pack.json("links.json") if isinstance(row[2], dict)), default=-1)
    books = pack.json("rulebooks.json")
    for wanted, content in books.items():
        pack.compare(f"rulebook {wanted}", "digest of a rulebook", digest(content), wanted)
    for one in pack.json("decisions.json"):
        where = f"decision {one['id']}"
        parts = {key: one[key] for key in ("kind", "facts", "results", "refusals", "rulebook", "at")}
        pack.compare(where, "hash of a decision", decision_hash(**parts), one["hash"])
        if one["id"] in named or one["at"] > older:
            pack.compare(where, "decision named in the log", named.get(one["id"]), one["hash"])
        if "judged" in one["facts"]:
            pack.compare(where, "rulebook of a decision", one["facts"]["rulebook"] in books, True)


def _proposals(pack: _Pack) -> None:
    """Every proposal is what was hashed; its second officer is another one, and saw exactly that."""
    for one in pack.json("proposals.json"):
        where = f"proposal {one['id']}"
        made = proposal_hash(one["kind"], one["command"], one["decision"], one["maker"])
        pack.compare(where, "hash of a proposal", made, one["hash"])
        for word in one["words"]:
            pack.compare(where, "hash that the second officer saw", word["hash"], one["hash"])
            pack.compare(where, "two officers", word["checker"] == one["maker"], False)


def _transactions(pack: _Pack) -> None:
    """Every transaction is as its signer signed it."""
    from eth_account import Account
    from eth_account.typed_transactions import TypedTransaction
    from hexbytes import HexBytes

    for one in pack.json("operations.json"):
        if one["raw"] is None:
            continue
        raw, where = to_bytes(one["raw"]), f"operation {one['operation']}"
        pack.compare(where, "hash of a transaction", hash_of(raw), one["tx_hash"])
        signed = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
        data = signed["data"]
        sent = data if isinstance(data, str) else "0x" + bytes(data).hex()
        # Behind the call stands its operation id; a cancelled one carries that alone.
        call = sent.removesuffix(one["operation"].removeprefix("0x"))
        cancelled = one["state"] == "rejected" and call == "0x"
        pack.compare(where, "data of a transaction", one["data"] if cancelled else call, one["data"])
        pack.compare(where, "signer of a transaction", Account.recover_transaction(raw), one["signer"])


def _proofs(pack: _Pack) -> None:
    """What the proofs say of decisions follows from the entries, anchors and transactions that are here."""
    anchors = {one["seq"]: one for one in pack.json("anchors.json")}
    hashes = {row[0]: row[3] for row in pack.json("links.json")}
    sent = {one["tx_hash"]: one for one in pack.json("operations.json") if one["tx_hash"]}
    for one in pack.json("proofs.json"):
        where = f"decision {one['decision']}"
        if one["anchor"] is not None:
            told = anchors.get(one["anchor"], {})
            pack.compare(where, "anchor that covers a decision", told.get("seq", 0) >= one["entry"], True)
            pack.compare(where, "anchored head", hashes.get(one["anchor"]), told.get("head"))
        for carried in one["carried_by"]:
            data = sent.get(carried["tx_hash"], {"data": ""})["data"]
            pack.compare(where, "transaction that carries a decision", one["hash"][2:] in data, True)


PARTS: tuple[Callable[[_Pack], None], ...] = (_entries, _decisions, _proposals, _transactions, _proofs)


# ---- what the chain says


def _chain(pack: _Pack, manifest: dict[str, Any], signature: dict[str, Any], chain: Chain) -> None:
    """Anchors, receipts and the signer's standing, asked of the chain that the manifest names."""
    first = chain.block(0)
    pack.compare("chain", "chain id", chain.chain_id, manifest["chain_id"])
    pack.compare("chain", "first block of the chain", first.hash if first else None, manifest["genesis"])
    if pack.found and pack.found[-1].where == "chain":
        return  # another chain says nothing about this pack
    contracts: dict[str, str] = manifest["contracts"]
    for part in ("anchors", "manager", "enforcement", "administration"):
        pack.compare(MANIFEST, "contract on the chain", bool(chain.code(Address(contracts[part]))), True)
    if pack.found and pack.found[-1].words == "contract on the chain":
        return  # what is not there answers nothing
    anchors = Contract("AuditAnchors", Address(contracts["anchors"]), chain)
    hashes = {row[0]: row[3] for row in pack.json("links.json")}
    for one in pack.json("anchors.json"):
        where = f"anchor {one['seq']}"
        pack.compare(where, "head on the chain", anchors.read("anchorOf", one["seq"]), one["head"])
        if one["seq"] in hashes:
            pack.compare(where, "entry that was anchored", hashes[one["seq"]], one["head"])
    for one in pack.json("operations.json"):
        _receipt(pack, one, chain)
    held = sorted(_ever_held(contracts, manifest["from_block"], chain))
    pack.compare(SIGNATURE, "signer is an officer of the chain", signature["address"] in held, True)


def _receipt(pack: _Pack, one: dict[str, Any], chain: Chain) -> None:
    """A transaction that the pack says was mined: the chain has it, with these very events."""
    told, where = one["receipt"], f"operation {one['operation']}"
    if told is None:
        return
    found = chain.receipt(Hash(one["tx_hash"]))
    pack.compare(where, "transaction on the chain", found is not None, True)
    if found is None:
        return
    logs = [{"address": log.address, "topics": list(log.topics), "data": "0x" + log.data.hex()} for log in found.logs]
    for words, a, b in (
        ("block of a transaction", found.block_hash, told["block_hash"]),
        ("status of a transaction", found.status, told["status"]),
        ("events of a transaction", logs, told["logs"]),
    ):
        pack.compare(where, words, a, b)


def _ever_held(contracts: dict[str, str], from_block: int, chain: Chain) -> Iterator[Address]:
    """Accounts that hold, or once held, a role of the registry: in the manager, or on a side of a timelock."""
    for part, name in (
        ("manager", "AccessManager"),
        ("enforcement", "TimelockController"),
        ("administration", "TimelockController"),
    ):
        contract = Contract(name, Address(contracts[part]), chain)
        topics = [contract.codec.topic("RoleGranted")]
        for event in events(chain, [contract], from_block, chain.head().number, topics):
            yield event.args["account"]


def chain_id_of(content: bytes) -> int:
    """The id of the chain that a pack is about. Raises UsageError for what is no pack."""
    manifest = _Pack(_unzip(content)).json(MANIFEST)
    if not isinstance(manifest, dict) or not isinstance(manifest.get("chain_id"), int):
        raise UsageError("not an evidence pack", found="no chain id", needed=SCHEMA, where=MANIFEST)
    return int(manifest["chain_id"])
