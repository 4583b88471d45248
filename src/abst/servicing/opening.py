"""Servicing is opened: the chain is shown that a program is the one that was filed with the plan (R-29, R-83).

The plan hash on chain is made of code, terms, deal and dossier, and the deal's hash of its content and its program: so
whoever brings these brings the filed waterfall, or is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from eth_abi.abi import encode
from sqlalchemy.orm import Session

from abst.chain.acts import Act, once
from abst.chain.office import Closing, Handler, Office, Result
from abst.deal import Plan, terms_tuple
from abst.deal.plan import TERMS_ABI
from abst.deal.waterfall.program import program_hash
from abst.decisions import officers
from abst.errors import Conflict
from abst.filing import records
from abst.servicing.period_tables import Servicing
from abst.servicing.serviced import deal_of
from abst.values import Address, Hash, hash_of

OPEN = "period open-servicing"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenServicing:
    """Bring a filing's waterfall on chain, once, when all its tokens are made."""

    officer: str
    request: str
    filing: str


@once
def open_servicing(office: Office, cmd: OpenServicing) -> Result:
    """Open a filing's servicing with the program that its deal compiles to (R-29, R-83). REPORTER.

    Raises Refused when the chain says that it is not what was filed, or a token is not made yet; NotFound; Conflict
    when it is open.
    """
    act = Act(office, OPEN, cmd.request, {"officer": cmd.officer, "filing": cmd.filing})
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        name, number, deal = deal_of(office, session, cmd.filing)
        version = records.current_version(session, records.get(session, name))
        signer = Address(officers.require(session, cmd.officer, "reporter").address)
        opened = session.get(Servicing, name)
    if opened is not None:
        raise Conflict("the servicing is open", found=opened.program_hash, needed="none", where=f"filing {name}")
    plan, program = Plan.from_dict(version.plan), deal.compiled.program
    proof = (plan.code_hash, terms_hash(plan), deal.content_digest, version.dossier_digest)
    servicing = office.contracts.servicing
    data = servicing.encode("open", number, proof, program)
    stated = {
        "filing": name,
        "program_hash": program_hash(program),
        "content": deal.content_digest,
        "bytes": len(program),
        "currency": deal.paid_in.currency,
    }
    known = servicing.read("programHashOf", number) == stated["program_hash"]  # as when a restored store asks again
    no = None if known else office.refusal_of_call(servicing.address, data, signer, f"servicing of {name}")
    if no is not None:
        raise act.refuse(cmd.officer, "reporter", kind=OPEN, subject=f"filing {name}", facts=stated, refusals=[no])
    with act.writing(cmd.officer, "reporter") as desk:
        desk.send(OPEN, servicing.address, data)
        desk.audit(f"filing {name}", {"program": stated["program_hash"]})
        desk.result = stated
    return act.finish()


def terms_hash(plan: Plan) -> Hash:
    """keccak256(abi.encode(Terms[])): of the tranches, as the plan hash has it."""
    return hash_of(encode([f"{TERMS_ABI}[]"], [[terms_tuple(one) for one in plan.terms]]))


def _opened(office: Office, session: Session, closing: Closing) -> None:
    """The program as the chain took it, word for word: what confirms every period to come."""
    name, _, deal = deal_of(office, session, str(closing.content["filing"]))
    session.add(
        Servicing(
            filing=name,
            program=deal.compiled.program,
            program_hash=program_hash(deal.compiled.program),
            request=closing.request,
            officer=closing.maker,
            at=closing.at,
        )
    )


HANDLERS = {OPEN: Handler(done=_opened)}
