"""The list of settlement assets: what tokens may be paid and paid for with (R-65). Two officers list, one takes off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from abst.cash import gates
from abst.cash.accounts import money, told
from abst.cash.gates import AssetFacts
from abst.chain.acts import Act, once
from abst.chain.office import Evidence, Office, Result
from abst.chain.proposals import Step, propose_power
from abst.chain.reader import events
from abst.chain.words import AssetKind
from abst.decisions import judge
from abst.errors import UsageError
from abst.rulebook import refuse
from abst.values import Address, address

KINDS = {"deposit": AssetKind.DEPOSIT, "e-money": AssetKind.E_MONEY, "virtual-currency": AssetKind.VIRTUAL_CURRENCY}
NAMES = {kind: name for name, kind in KINDS.items()}
IN_RULEBOOK = {"deposit": "tokenised-deposit"}  # the rulebook's word for a kind, where it is another


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeAsset:
    """currency: ISO 4217, or three letters of its own for a virtual currency; reason: why a virtual currency."""

    officer: str
    request: str
    asset: str
    currency: str
    kind: str
    evidence: Evidence
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveAsset:
    """Take an asset off the list at once: the transfer agent's one key."""

    officer: str
    request: str
    asset: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Asset:
    """One asset as the registry lists it. kind empty: it is not on the list."""

    address: Address
    currency: str
    kind: str

    @property
    def is_listed(self) -> bool:
        return bool(self.kind)


@once
def propose(office: Office, cmd: ProposeAsset) -> Result:
    """Propose an asset for the list (R-65). MAKER; two officers list it.

    Raises Refused for anything pegged to the renminbi, a virtual currency without a reason, or what is no contract.
    """
    asset = address(cmd.asset, "asset")
    _check_words(cmd)
    stated = {
        "asset": asset,
        "currency": cmd.currency,
        "asset_kind": cmd.kind,
        "virtual_currency_reason": cmd.reason,
        "evidence": cmd.evidence.as_dict(),
    }
    act = Act(office, "asset propose", cmd.request, {"officer": cmd.officer, **stated})
    if act.earlier:
        return act.again()
    registry = office.contracts.registry
    data = registry.encode("listAsset", asset, cmd.currency.encode(), KINDS[cmd.kind], cmd.evidence.hash)
    words = f"list {asset} as a settlement asset: {cmd.kind} in {cmd.currency}"
    return propose_power(
        office,
        act,
        maker=cmd.officer,
        kind="asset propose",
        subject=f"asset {asset}",
        facts=stated,
        steps=[Step(registry.address, data, words)],
        judged=[judge("settlement-asset", gates.ASSET_GATES, _facts(office, asset, cmd))],
    )


def _check_words(cmd: ProposeAsset) -> None:
    if cmd.kind not in KINDS:
        raise UsageError("no such kind of asset", found=cmd.kind, needed=", ".join(KINDS), where="kind")
    check_currency(cmd.currency)


def check_currency(letters: str) -> None:
    """Raises UsageError unless these are three capital letters, as the chain holds a currency (ISO 4217)."""
    if not (len(letters) == 3 and letters.isascii() and letters.isalpha() and letters.isupper()):
        raise UsageError("not a currency", found=repr(letters), needed="three capital letters", where="currency")


def _facts(office: Office, asset: Address, cmd: ProposeAsset) -> AssetFacts:
    book, registry = office.rulebook, office.contracts.registry
    return AssetFacts(
        asset=asset,
        currency=cmd.currency,
        kind=cmd.kind,
        reason=cmd.reason,
        is_contract=bool(office.chain.code(asset)),
        is_listed=listed(office, asset).is_listed,
        barred_on_chain=registry.read("isBarred", cmd.currency.encode()),
        kinds=tuple(kind for kind in KINDS if IN_RULEBOOK.get(kind, kind) in book.words("R-65", "allowed")),
        currencies=book.words("R-65", "currencies"),
        barred=book.words("R-65", "barred_currencies"),
    )


@once
def remove(office: Office, cmd: RemoveAsset) -> Result:
    """Take an asset off the list (R-65): no new payment or trade in it; what was declared is paid. AGENT."""
    asset = address(cmd.asset, "asset")
    content = {"officer": cmd.officer, "asset": asset, "evidence": cmd.evidence.as_dict()}
    act = Act(office, "asset remove", cmd.request, content)
    if act.earlier:
        return act.again()
    found = listed(office, asset)
    if not found.is_listed:
        no = refuse("R-65", "asset-not-listed", found="not listed", needed="a listed asset", where=f"asset {asset}")
        raise act.refuse(
            cmd.officer, "agent", kind="asset remove", subject=f"asset {asset}", facts=content, refusals=[no]
        )
    registry = office.contracts.registry
    with act.writing(cmd.officer, "agent") as desk:
        desk.send("asset remove", registry.address, registry.encode("delistAsset", asset, cmd.evidence.hash))
        desk.audit(f"asset {asset}", {"currency": found.currency, "evidence": cmd.evidence.as_dict()})
        desk.result = {"asset": asset, "currency": found.currency, "asset_kind": found.kind}
    return act.finish()


def listed(office: Office, asset: Address) -> Asset:
    """What the registry says of an asset now."""
    currency, kind = office.contracts.registry.read("assetOf", asset)
    return Asset(asset, letters_of(currency), NAMES.get(AssetKind(kind), ""))


def letters_of(currency: bytes) -> str:
    """A currency's three letters, as the chain holds them; empty for none."""
    return currency.rstrip(b"\x00").decode("ascii", "replace")


def asset_of(office: Office, word: str) -> Address:
    """The asset a word means: an address, or, when empty, the token of local deposits. Raises UsageError."""
    if word:
        return address(word, "asset")
    if office.contracts.deposit is None:
        raise UsageError("which asset?", found="no token of deposits here", needed="--asset ADDRESS", where="asset")
    return office.contracts.deposit.address


def list_assets(office: Office) -> list[dict[str, Any]]:
    """Every asset that ever was on the list, in the order of their first listing, with what it is now."""
    registry = office.contracts.registry
    topics = [[registry.codec.topic("AssetListed"), registry.codec.topic("AssetDelisted")]]
    found = events(office.chain, [registry], office.deployment.block, office.chain.head().number, topics)
    last = {event.args["asset"]: event for event in found if event.name == "AssetListed"}
    return [
        {
            "asset": asset,
            "symbol": told(money(office, asset), "symbol"),
            "decimals": told(money(office, asset), "decimals"),
            "currency": letters_of(event.args["currency"]),
            "asset_kind": NAMES[AssetKind(event.args["kind"])],
            "listed": listed(office, asset).is_listed,
            "evidence": event.args["evidence"],
            "block": event.block_number,
        }
        for asset, event in last.items()
    ]
