"""The waterfall is one arithmetic: `contracts/Waterfall.sol` computes what `abst.deal.waterfall.machine` computes.

given any program, inputs and state
    it should give the same value in every slot, or refuse for the same reason
given bytes that are no program
    it should never give values that Python does not
given a real deal, its pool and a scenario
    it should give the same at every payment date

`ABST_PROVE=1` tries thousands, others each time; without it they are few and always the same.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from eth.vm.message import Message

from abst.chain import evm
from abst.chain.contracts import codec
from abst.chain.reasons import explain
from abst.deal.model import Deal
from abst.deal.projection import project_file
from abst.deal.scenario import read_scenarios
from abst.deal.waterfall.machine import Stopped, run
from abst.demo_data import DEALS, deal_folder
from abst.errors import UsageError
from promises.programs import Case, broken, honest, wild
from world import World, world

DEEP = os.environ.get("ABST_PROVE") == "1"
pytestmark = [pytest.mark.prove] if DEEP else []  # so that `make prove` takes the deep runs, and `make test` the short
FIRST = int(time.time()) * 10_000 if DEEP else 0
Answer = tuple[str, object]
# What Python says -> the contract's error.
ERRORS = {
    "is out of range": "SlotOutOfRange",
    "cash is not conserved": "CashNotConserved",
    "a number is too large": "NumberTooLarge",
    "the deal forbids it": "ForbiddenByDeal",
}


def in_python(case: Case) -> Answer:
    try:
        return ("values", run(case.program, case.inputs, case.state).values)
    except Stopped as stopped:
        (error,) = [name for words, name in ERRORS.items() if words in str(stopped)]
        return (error, stopped.code if error == "ForbiddenByDeal" else None)
    except UsageError:
        return ("malformed", None)


def on_chain(at: World, case: Case) -> Answer:
    """What `Servicing.run` answers, as a call."""
    contract, function = at.contracts.servicing, codec("Servicing").function("run")
    header = at.chain.chain.header
    vm = at.chain.chain.get_vm(header)
    to = evm.account(contract.address)
    data = function.selector + function.inputs.encode((case.program, case.inputs, case.state))
    message = Message(gas=header.gas_limit, to=to, sender=to, value=0, data=data, code=vm.state.get_code(to))
    context = vm.state.get_transaction_context_class()(gas_price=0, origin=to)
    done = vm.state.computation_class.apply_message(vm.state, message, context)
    if not done.is_error:
        return ("values", function.outputs.decode(bytes(done.output))[0])
    why = explain(bytes(done.output))
    return (why.name, why.args["code"] if why.name == "ForbiddenByDeal" else None)


def answers(made: Callable[[int], Case], deep: int, short: int) -> Iterator[tuple[int, Answer, Answer]]:
    """Number of each case, what Python says of it, and what the contract says."""
    at = world()
    for number in range(FIRST, FIRST + (deep if DEEP else short)):
        case = made(number)
        yield number, in_python(case), on_chain(at, case)


def same(made: Callable[[int], Case], deep: int, short: int) -> Counter[str]:
    """Both answers of every case, which must be the same; how many there were of each kind."""
    kinds = Counter[str]()
    for number, answer, found in answers(made, deep, short):
        kinds[answer[0]] += 1
        assert found == answer, f"case {number}"
    return kinds


def test_honest_programs_come_to_the_same() -> None:
    """Programs as deals make them: every slot alike, and most run through."""
    kinds = same(honest, 3_000, 60)
    assert kinds["values"] >= 0.4 * kinds.total()
    assert kinds["CashNotConserved"] == kinds["malformed"] == 0


def test_wild_programs_come_to_the_same() -> None:
    """Programs about any slots: the same refusals, for the same reasons."""
    kinds = same(wild, 2_000, 60)
    assert set(kinds) >= {"values", *ERRORS.values()}
    assert kinds["malformed"] == 0


def test_what_is_no_program_gives_no_other_values() -> None:
    """A program with a few bytes changed, or cut off: where Python still runs it, the contract gives the same; where
    Python stops, the contract refuses. What Python refuses to read at all the contract refuses where it comes by."""
    kinds = Counter[str]()
    for number, answer, found in answers(broken, 2_000, 40):
        kinds[answer[0]] += 1
        assert found == answer or answer[0] == "malformed", f"case {number}"
    assert 0 < kinds["malformed"] < kinds.total()


def payments(name: str) -> Iterator[Case]:
    """Every payment date of a deal that comes along, under the first of its scenarios."""
    folder = deal_folder(name)
    deal = Deal.read((folder / "deal.yaml").read_text(encoding="utf-8"))
    scenario = next(iter(read_scenarios((folder / "scenarios.yaml").read_text(encoding="utf-8")).values()))
    state = deal.compiled.start
    for payment in project_file(deal, (folder / deal.pool.file).read_bytes(), scenario).payments:
        inputs = [payment.inputs.get(name, 0) for name in deal.compiled.inputs]
        yield Case(deal.compiled.program, inputs, list(state))
        state = payment.outcome.state


def test_real_deals_come_to_the_same() -> None:
    """Jishidai 2022-3 at every fourteenth of its 44 payment dates; the deep run takes every one of every deal."""
    at = world()
    for name in DEALS if DEEP else ["jishidai-2022-3"]:
        cases = list(payments(name))
        for case in cases if DEEP else cases[::14]:
            answer = in_python(case)
            assert answer[0] == "values"
            assert on_chain(at, case) == answer
