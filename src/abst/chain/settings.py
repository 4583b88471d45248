"""The desk of settings: parameters of status A or D are moved by two officers, with a reason; status S by nobody.

A change holds from the next opening of the office: a decision that is under way ends under the rulebook it began with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from abst.chain.acts import Act, once
from abst.chain.books import enter, propose_entry
from abst.chain.office import Closing, Evidence, Handler, Office, Result
from abst.decisions import Proposal, Setting, settings
from abst.errors import Conflict, Refusal, UsageError
from abst.rulebook import Parameter, Rulebook, as_json, refuse
from abst.values import instant

KIND = "setting set"
MAKER, CHECKER = "admin-maker", "admin-checker"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetParameter:
    """value: as typed, read as the parameter's kind; evidence: a document that the change stands on, if any."""

    officer: str
    request: str
    rule: str
    name: str
    value: str
    reason: str
    evidence: Evidence | None = None


@once
def set_parameter(office: Office, cmd: SetParameter) -> Result:
    """Propose another value of a rule's parameter; the second officer's yes makes it the one in force.

    Raises Refused for a parameter that the source fixes (status S); NotFound for an unknown one; UsageError without a
    reason, for another kind of value or one out of bounds; Conflict when it has this value already.
    """
    key, where = settings.key_of(cmd.rule, cmd.name), f"rulebook {cmd.rule} {cmd.name}"
    parameter = office.rulebook.parameter(cmd.rule, cmd.name)
    if not cmd.reason.strip():
        raise UsageError("a setting changes for a reason", found="none", needed="words for the record", where=where)
    fixed = fixed_by_source(cmd.rule, cmd.name, parameter)
    new = cmd.value if fixed else as_json(parameter.checked(parameter.parse(cmd.value, where), where))
    content = {
        "rule": cmd.rule,
        "name": cmd.name,
        "to": new,
        "reason": cmd.reason,
        "evidence": cmd.evidence.as_dict() if cmd.evidence else None,
    }
    act = Act(office, KIND, cmd.request, {"officer": cmd.officer, **content})
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        old = _in_force(office.rulebook, session, cmd.rule, cmd.name)
    if fixed is None and old == new:
        raise Conflict("the setting has this value already", found=str(old), needed="another value", where=where)
    return propose_entry(
        office,
        act,
        maker=cmd.officer,
        kind=KIND,
        subject=f"setting {key}",
        facts={"key": key, "from": old, **content},
        refusals=() if fixed is None else (fixed,),
        role=MAKER,
        checker_role=CHECKER,
    )


def fixed_by_source(rule: str, name: str, parameter: Parameter) -> Refusal | None:
    """R-102: what the source fixes (status S) no officer moves; the refusal cites the parameter's own rule too."""
    if parameter.overridable:
        return None
    return refuse(
        f"{rule}, R-102",
        "setting-fixed",
        found="status S: the source fixes this value",
        needed="a parameter of status A or D",
        where=f"rulebook {rule} {name}",
    )


def _in_force(rulebook: Rulebook, session: Session, rule: str, name: str) -> Any:
    """The value as stored; the office's own rulebook may be older than the last change."""
    return settings.get(session, settings.key_of(rule, name), as_json(rulebook.setting(rule, name)))


def _entered(office: Office, session: Session, closing: Closing) -> None:
    """Write the value. Raises Conflict when another change came between proposal and approval."""
    told = closing.content
    now = _in_force(office.rulebook, session, told["rule"], told["name"])
    if now != told["from"]:
        raise Conflict(
            "the setting moved meanwhile", found=str(now), needed=f"{told['from']}, as proposed", where=told["key"]
        )
    settings.put(
        session,
        told["key"],
        told["to"],
        reason=told["reason"],
        officer=closing.maker,
        at=closing.at,
        proposal=closing.proposal,
    )


# ---- looking


def listed(office: Office, *, moved_only: bool = False) -> list[dict[str, Any]]:
    """Every parameter that an officer may move, in the order of the rules, and what the store holds beyond them."""
    with office.store.read() as session:
        last = settings.last(session)
        rows = []
        for rule in office.rulebook.rules.values():
            for name, parameter in rule.parameters.items():
                change = last.pop(settings.key_of(rule.id, name), None)
                if parameter.overridable and (change or not moved_only):
                    rows.append(_row(session, office.rulebook, rule.id, name, change))
        rows += [_stray(key, change) for key, change in last.items()]
    return rows


def shown(office: Office, rule: str, name: str) -> dict[str, Any]:
    """One parameter, movable or fixed, with its words. Raises NotFound."""
    office.rulebook.parameter(rule, name)
    with office.store.read() as session:
        return _row(session, office.rulebook, rule, name, settings.last(session).get(settings.key_of(rule, name)))


def changes(office: Office, rule: str, name: str) -> list[dict[str, Any]]:
    """Every change of one parameter, oldest first, with both officers and the reason. Raises NotFound."""
    office.rulebook.parameter(rule, name)
    with office.store.read() as session:
        return [_change(session, row) for row in settings.history(session, settings.key_of(rule, name))]


def _row(session: Session, rulebook: Rulebook, rule: str, name: str, change: Setting | None) -> dict[str, Any]:
    parameter = rulebook.parameter(rule, name)
    moved = {} if change is None else {change.key: change.value}
    not_taken = settings.strange(rulebook, moved)
    return {
        "rule": rule,
        "name": name,
        "value": change.value if change and not not_taken else as_json(parameter.value),
        "unit": parameter.unit,
        "status": parameter.status,
        "source": rulebook.rule(rule).source,
        "words": f"the stored value is not applied: {not_taken[0][2]}" if not_taken else parameter.words,
        "choices": list(parameter.choices),
        "changed": None if change is None else _change(session, change),
    }


def _stray(key: str, change: Setting) -> dict[str, Any]:
    rule, _, name = key.partition(" ")
    words = "this rulebook has no such parameter: not applied"
    return {
        "rule": rule,
        "name": name,
        "value": change.value,
        "unit": "",
        "status": "-",
        "source": "",
        "words": words,
        "choices": [],
        "changed": None,
    }


def _change(session: Session, change: Setting) -> dict[str, Any]:
    proposal = session.get(Proposal, change.proposal) if change.proposal else None
    return {
        "value": change.value,
        "reason": change.reason,
        "maker": change.officer,
        "checker": proposal.checker if proposal else None,
        "at": instant(change.at),
        "evidence": proposal.command["evidence"] if proposal else None,
    }


HANDLERS = {KIND: Handler(done=_entered, approve=enter)}
