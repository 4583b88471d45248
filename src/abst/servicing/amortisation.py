"""Principal paid, losses, and the end: what is outstanding of a token's face falls, balances keep theirs (R-90, R-94).

Two officers record principal and losses; once nothing is outstanding, the transfer agent retires the balances.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import gcd
from typing import Any

from abst.chain.acts import Act, once
from abst.chain.office import Evidence, Office, Result
from abst.chain.proposals import Step, propose_power
from abst.decisions import judge
from abst.errors import UsageError
from abst.holders import facts as chain_facts
from abst.holders.desk import advance, positions
from abst.holders.facts import Token
from abst.servicing import gates, shares
from abst.servicing.gates import FaceFacts, FaceGate
from abst.values import MAX_96, Address

LOT = 100  # holders retired in one transaction
# Which kind of judgement (`abst.integrity.kinds`) a list of gates makes.
KIND_OF = {gates.LOWER: "face-lowered", gates.REVERSE: "loss-reversed", gates.RETIRE: "token-retired"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record of principal or loss. amount: in token units, of the whole tranche."""

    officer: str
    request: str
    token: str
    amount: int
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Retire:
    """Burn what all holders have, once nothing is outstanding."""

    officer: str
    request: str
    token: str


@once
def amortise(office: Office, cmd: Record) -> Result:
    """Propose to record principal paid to holders (R-94). MAKER; two officers. Nothing more is minted afterwards."""
    return _propose(office, cmd, "token amortise", "amortisePrincipal", "record principal of {} of {}", gates.LOWER)


@once
def write_down(office: Office, cmd: Record) -> Result:
    """Propose to record a loss allocated to the tranche (R-90). MAKER; two officers."""
    return _propose(office, cmd, "token write-down", "writeDown", "write down {} of {}", gates.LOWER)


@once
def reverse_write_down(office: Office, cmd: Record) -> Result:
    """Propose to take a loss back, until maturity (R-90). MAKER; two officers."""
    words = "take back a loss of {} of {}"
    return _propose(office, cmd, "token reverse-write-down", "reverseWriteDown", words, gates.REVERSE)


def _propose(office: Office, cmd: Record, kind: str, function: str, words: str, checks: tuple[FaceGate, ...]) -> Result:
    if cmd.amount > MAX_96:
        raise UsageError("no token has so much face", found=str(cmd.amount), needed=f"at most {MAX_96}", where="amount")
    token = chain_facts.token(office, cmd.token)
    stated = {"token": token.symbol, "amount": str(cmd.amount), "evidence": cmd.evidence.as_dict()}
    act = Act(office, kind, cmd.request, {"officer": cmd.officer, **stated})
    if act.earlier:
        return act.again()
    contract, found = office.contracts.token(token.address), _facts(office, token, cmd.amount)
    step = Step(
        contract.address, contract.encode(function, cmd.amount), words.format(f"{cmd.amount} units", token.symbol)
    )
    return propose_power(
        office,
        act,
        maker=cmd.officer,
        kind=kind,
        subject=f"token {token.symbol}",
        facts=stated | {"outstanding": str(found.outstanding), "written_down": str(found.written_down)},
        steps=[step],
        judged=[judge(KIND_OF[checks], checks, found)],
    )


def _facts(office: Office, token: Token, amount: int = 0) -> FaceFacts:
    outstanding, _, written_down = office.contracts.token(token.address).read("amortisation")
    return FaceFacts(token.symbol, office.now(), amount, outstanding, written_down, token.terms.maturity)


@once
def retire(office: Office, cmd: Retire) -> Result:
    """Retire every holder's balance, in lots fixed and stored before the first is sent (R-94). AGENT.

    Raises Refused while anything is outstanding, or a loss may still be taken back.
    """
    content = {"officer": cmd.officer, "token": cmd.token}
    act = Act(office, "token retire", cmd.request, content)
    if act.earlier:
        return act.again()
    token = chain_facts.token(office, cmd.token)
    found, subject = _facts(office, token), f"token {token.symbol}"
    judged = judge(KIND_OF[gates.RETIRE], gates.RETIRE, found)
    if judged.refusals:
        stated = {name: str(value) for name, value in asdict(found).items()}
        raise act.refuse(cmd.officer, "agent", kind="token retire", subject=subject, facts=stated, judged=[judged])
    held = _held(office, token)
    contract = office.contracts.token(token.address)
    with act.writing(cmd.officer, "agent") as desk:
        for lot in _lots(list(held)):
            desk.send("token retire", contract.address, contract.encode("retireBalances", lot))
        total = str(sum(held.values()))
        desk.audit(subject, {"holders": len(held), "total": total})
        desk.result = {"token": token.symbol, "lots": len(desk.intents), "holders": len(held), "total": total}
    return act.finish()


def _held(office: Office, token: Token) -> dict[Address, int]:
    advance(office)
    with office.store.read() as session:
        return positions(session, token.address)


def _lots(holders: Sequence[Address]) -> list[list[Address]]:
    return [list(holders[start : start + LOT]) for start in range(0, len(holders), LOT)]


def standing(office: Office, word: str) -> dict[str, Any]:
    """What is owed of a token's face now: units, and the note factor as an exact fraction and with 12 decimals.

    The factor is what is outstanding of each unit of face held. closed: principal was paid or lost to the end.
    """
    token = chain_facts.token(office, word)
    contract = office.contracts.token(token.address)
    outstanding, paid, written_down = contract.read("amortisation")
    supply = contract.read("totalSupply")
    common = gcd(outstanding, supply) or 1
    return {
        "outstanding": str(outstanding),
        "principal_paid": str(paid),
        "written_down": str(written_down),
        "factor": shares.factor(outstanding, supply),
        "factor_exact": f"{outstanding // common}/{supply // common}",
        "closed": outstanding == 0 and paid + written_down > 0,
    }
