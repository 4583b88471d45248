"""The gates of corrections: a mint reversed, a succession, pledges and attachments, a freeze above them.

Pure. Facts are frozen and plain; a gate returns a Refusal or None, all gates of an act run, and no refusal is the only
pass. Amounts are whole token units. What moves against a holder's will passes every gate of a receiver (R-60), and
never takes units that lie under somebody else's right (R-62).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from abst.errors import Refusal
from abst.holders import movement as rules
from abst.holders.movement import Movement, PartyFacts, Rule
from abst.rulebook import refuse

CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class Forced:
    """A movement against the holder's will. evidence: SHA-256 of the document, empty for none.

    encumbered: units of the sender's wallet under rights that stay; screening: state of the receiver's, as R-53.
    """

    movement: Movement
    evidence: str
    encumbered: int = 0
    screening: str = CLEAR


@dataclass(frozen=True, slots=True)
class Reversal:
    """A row of a mint given back. allotted: its units; reversed: of it already; state: of the lot's transaction."""

    amount: int
    allotted: int
    reversed: int
    state: str
    where: str


@dataclass(frozen=True, slots=True)
class Held:
    """What a wallet of the deceased holds of one token."""

    token: str
    wallet: str
    balance: int


@dataclass(frozen=True, slots=True)
class Share:
    """Units of one token for one heir."""

    heir: str
    token: str
    amount: int


@dataclass(frozen=True, slots=True)
class Succession:
    """All that a deceased investor holds, and who gets it. evidence: SHA-256 of the certificate."""

    deceased: str
    blocked: bool
    holdings: tuple[Held, ...]
    shares: tuple[Share, ...]
    evidence: str


@dataclass(frozen=True, slots=True)
class Encumbering:
    """A pledge or an attachment to be recorded; pledgee: of a pledge alone."""

    kind: str
    pledgor: PartyFacts
    pledgee: PartyFacts | None
    amount: int
    evidence: str


@dataclass(frozen=True, slots=True)
class Enforcing:
    """A pledge enforced. balance: of the wallet; remaining: still pledged; senior: under rights recorded before."""

    amount: int
    balance: int
    remaining: int
    senior: int
    where: str


@dataclass(frozen=True, slots=True)
class Lifting:
    """A pledge or attachment lifted. evidence: SHA-256 of the pledgee's consent, or of the court's order."""

    evidence: str
    where: str


@dataclass(frozen=True, slots=True)
class Refreeze:
    """What is to be frozen in a wallet in all, and what lies under open rights."""

    wallet: str
    amount: int
    encumbered: int


# ---- what every correction needs


def on_evidence(sha256: str, where: str) -> Refusal | None:
    if sha256:
        return None
    return refuse("R-62", "no-legal-ground", found="no document", needed="evidence of the legal ground", where=where)


def _something(amount: int, where: str) -> Refusal | None:
    if amount > 0:
        return None
    return refuse("R-62", "nothing-to-correct", found=f"{amount} units", needed="at least 1 unit", where=where)


def legal_ground(f: Forced) -> Refusal | None:
    """R-62: a forced movement stands on a document."""
    return on_evidence(f.evidence, _from(f.movement))


def something_moves(f: Forced) -> Refusal | None:
    """R-62: at least one unit moves."""
    return _something(f.movement.amount, _from(f.movement))


def another_wallet(f: Forced) -> Refusal | None:
    """R-62: units move to another wallet than they are in."""
    m = f.movement
    if m.sender is None or m.sender.wallet != m.receiver.wallet:
        return None
    return refuse("R-62", "same-wallet", found=m.receiver.wallet, needed="another wallet", where=_from(m))


def receiver_screened(f: Forced) -> Refusal | None:
    """R-53: the receiver's screening is clear and of today's lists."""
    if f.screening == CLEAR:
        return None
    return refuse(
        "R-53", "receiver-not-screened", found=f.screening, needed=CLEAR, where=f"receiver {f.movement.receiver.wallet}"
    )


def encumbrances_kept(f: Forced) -> Refusal | None:
    """R-62: what is pledged or attached to others is not taken from under them."""
    m = f.movement
    balance = m.sender.balance if m.sender else 0
    free = max(balance - f.encumbered, 0)
    if not f.encumbered or m.amount <= free:
        return None
    return refuse(
        "R-62",
        "under-another-right",
        found=f"{free} of {balance} units under no right",
        needed=f"{m.amount} units; release or enforce what is recorded first",
        where=_from(m),
    )


def _ruled(rule: Rule) -> Callable[[Forced], Refusal | None]:
    def gate(facts: Forced) -> Refusal | None:
        return rule(facts.movement)

    gate.__name__, gate.__doc__ = rule.__name__, rule.__doc__
    return gate


def _from(m: Movement) -> str:
    return f"wallet {m.sender.wallet if m.sender else '-'}"


FORCED: tuple[Callable[[Forced], Refusal | None], ...] = (
    legal_ground,
    something_moves,
    another_wallet,
    _ruled(rules.enough_balance),
    _ruled(rules.receiver_known),
    _ruled(rules.receiver_unblocked),
    _ruled(rules.evidence_unexpired),
    _ruled(rules.suitability_unexpired),
    _ruled(rules.regime_accepted),
    _ruled(rules.risk_within_capacity),
    receiver_screened,
    encumbrances_kept,
)


def why_not_forced(facts: Forced) -> list[Refusal]:
    """Every reason against a forced movement."""
    return run(FORCED, facts)


# ---- a mint reversed


def mint_final(f: Reversal) -> Refusal | None:
    """R-61: only what was minted is reversed."""
    if f.state == "final":
        return None
    return refuse("R-61", "mint-not-final", found=f.state, needed="a final mint", where=f.where)


def within_allotted(f: Reversal) -> Refusal | None:
    """R-61: a row gives back what it was allotted, once."""
    left = f.allotted - f.reversed
    if f.amount <= left:
        return None
    found = f"{f.amount} units, {f.reversed} of {f.allotted} reversed before"
    return refuse("R-61", "reversed-already", found=found, needed=f"at most {left} units", where=f.where)


REVERSAL: tuple[Callable[[Reversal], Refusal | None], ...] = (mint_final, within_allotted)


def why_not_reverse(facts: Reversal) -> list[Refusal]:
    """Every reason against a reversal; its movement has its own (`why_not_forced`)."""
    return run(REVERSAL, facts)


# ---- succession


def death_evidenced(f: Succession) -> Refusal | None:
    """R-62: a succession stands on the authority's document."""
    return on_evidence(f.evidence, f"investor {f.deceased}")


def deceased_blocked(f: Succession) -> Refusal | None:
    """R-62: nobody acts for the dead: the investor is blocked before anything is shared out."""
    if f.blocked:
        return None
    return refuse(
        "R-62",
        "deceased-not-blocked",
        found="not blocked",
        needed="abst investor block",
        where=f"investor {f.deceased}",
    )


def heirs_are_others(f: Succession) -> Refusal | None:
    """R-62: heirs are other investors."""
    if all(share.heir != f.deceased for share in f.shares):
        return None
    return refuse("R-62", "heir-is-deceased", found=f.deceased, needed="another investor", where="heirs")


def shares_complete(f: Succession) -> Refusal | None:
    """R-61: of each tranche the shares are all that was held, no more and no less."""
    held: Counter[str] = Counter()
    shared: Counter[str] = Counter()
    for holding in f.holdings:
        held[holding.token] += holding.balance
    for share in f.shares:
        shared[share.token] += share.amount
    wrong = sorted(token for token in {*held, *shared} if held[token] != shared[token])
    if not wrong and f.shares:
        return None
    return refuse(
        "R-61",
        "shares-differ",
        found="; ".join(f"{shared[token]} units of {token} shared" for token in wrong) or "no shares",
        needed="; ".join(f"{held[token]} units of {token}" for token in wrong) or "the shares of every heir",
        where=f"investor {f.deceased}",
    )


SUCCESSION: tuple[Callable[[Succession], Refusal | None], ...] = (
    death_evidenced,
    deceased_blocked,
    heirs_are_others,
    shares_complete,
)


def why_not_succeed(facts: Succession) -> list[Refusal]:
    """Every reason against a succession as a whole; each movement has its own (`why_not_forced`)."""
    return run(SUCCESSION, facts)


# ---- pledges and attachments


def right_evidenced(f: Encumbering) -> Refusal | None:
    """R-62: a pledge stands on its contract, an attachment on the court's order."""
    return on_evidence(f.evidence, f"wallet {f.pledgor.wallet}")


def something_encumbered(f: Encumbering) -> Refusal | None:
    """R-62: a right lies on at least one unit."""
    return _something(f.amount, f"wallet {f.pledgor.wallet}")


def holder_known(f: Encumbering) -> Refusal | None:
    """R-60: a right is recorded on a wallet of the registry."""
    return _known(f.pledgor, "sender-unknown", "sender")


def pledgee_known(f: Encumbering) -> Refusal | None:
    """R-60: a pledgee is on the whitelist, for he may become the holder."""
    return None if f.pledgee is None else _known(f.pledgee, "receiver-unknown", "pledgee")


def pledgee_unblocked(f: Encumbering) -> Refusal | None:
    """R-53, R-62: a pledgee is not blocked."""
    if f.pledgee is None or not f.pledgee.blocked:
        return None
    where = f"pledgee {f.pledgee.wallet}"
    return refuse("R-53, R-62", "receiver-blocked", found="blocked", needed="not blocked", where=where)


def pledgee_another(f: Encumbering) -> Refusal | None:
    """R-62: nobody pledges to himself."""
    if f.pledgee is None or not f.pledgee.number or f.pledgee.number != f.pledgor.number:
        return None
    where = f"wallet {f.pledgor.wallet}"
    return refuse("R-62", "pledged-to-oneself", found="one investor", needed="another investor", where=where)


def pledge_covered(f: Encumbering) -> Refusal | None:
    """R-62: a pledge lies on units that are there and free; a court's attachment may exceed them."""
    free = max(f.pledgor.balance - f.pledgor.frozen, 0)
    if f.kind != "pledge" or f.amount <= free:
        return None
    return refuse(
        "R-62",
        "pledge-exceeds-free",
        found=f"{f.amount} units pledged",
        needed=f"at most {free} units: held {f.pledgor.balance}, frozen {f.pledgor.frozen}",
        where=f"wallet {f.pledgor.wallet}",
    )


ENCUMBERING: tuple[Callable[[Encumbering], Refusal | None], ...] = (
    right_evidenced,
    something_encumbered,
    holder_known,
    pledgee_known,
    pledgee_unblocked,
    pledgee_another,
    pledge_covered,
)


def why_not_encumber(facts: Encumbering) -> list[Refusal]:
    """Every reason against recording a pledge or an attachment."""
    return run(ENCUMBERING, facts)


def within_remaining(f: Enforcing) -> Refusal | None:
    """R-62: no more is enforced than is still pledged."""
    if f.amount <= f.remaining:
        return None
    needed = f"at most {f.remaining} units still pledged"
    return refuse("R-62", "over-enforced", found=f"{f.amount} units", needed=needed, where=f.where)


def seniors_first(f: Enforcing) -> Refusal | None:
    """R-62: what was recorded before ranks before: a pledge takes only what is left above it."""
    left = max(f.balance - f.senior, 0)
    if not f.senior or f.amount <= left:
        return None
    found = f"{left} of {f.balance} units above earlier rights"
    return refuse("R-62", "ranks-after", found=found, needed=f"{f.amount} units", where=f.where)


ENFORCING: tuple[Callable[[Enforcing], Refusal | None], ...] = (within_remaining, seniors_first)


def why_not_enforce(facts: Enforcing) -> list[Refusal]:
    """Every reason against enforcing a pledge; its movement has its own (`why_not_forced`)."""
    return run(ENFORCING, facts)


def lifting_evidenced(f: Lifting) -> Refusal | None:
    """R-62: a right is lifted on its holder's consent or on the court's order."""
    return on_evidence(f.evidence, f.where)


LIFTING: tuple[Callable[[Lifting], Refusal | None], ...] = (lifting_evidenced,)


def why_not_lift(facts: Lifting) -> list[Refusal]:
    """Every reason against lifting a pledge or an attachment."""
    return run(LIFTING, facts)


# ---- a freeze by order, above what is recorded


def freeze_above_encumbrances(f: Refreeze) -> Refusal | None:
    """R-62: a freeze is never set below the pledges and attachments recorded."""
    if f.amount >= f.encumbered:
        return None
    return refuse(
        "R-62",
        "under-another-right",
        found=f"{f.amount} units frozen in all",
        needed=f"at least {f.encumbered} units under recorded rights; `abst pledge release` first",
        where=f"wallet {f.wallet}",
    )


REFREEZE: tuple[Callable[[Refreeze], Refusal | None], ...] = (freeze_above_encumbrances,)


def why_not_freeze(facts: Refreeze) -> list[Refusal]:
    """Every reason against a freeze by order."""
    return run(REFREEZE, facts)


# ---- shared


def run(gates: Sequence[Callable[[Any], Refusal | None]], facts: Any) -> list[Refusal]:
    """All gates; every refusal, in order."""
    return [refusal for gate in gates if (refusal := gate(facts)) is not None]


def _known(party: PartyFacts, slug: str, side: str) -> Refusal | None:
    if party.number:
        return None
    where = f"{side} {party.wallet}"
    return refuse("R-60", slug, found="not in the registry", needed="an admitted wallet", where=where)
