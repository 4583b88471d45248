"""Our loop over the plain instructions leaves what py-evm's own leaves: words, memory, gas, output and error.

given any code, much of it made of instructions that are ours, and little or much gas
    when it runs under py-evm's computation and under ours
        it should end in the same place, with the same error or none, the same output and the same gas
        it should leave the same words on the stack and the same memory
"""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Any

import pytest
from eth.vm import opcode_values as op
from eth.vm.forks.prague.computation import PragueComputation
from eth.vm.message import Message

from abst.chain.embedded import EmbeddedChain
from abst.chain.interpreter import OURS, Computation

ALL = sorted(OURS)
OTHERS = (op.STOP, op.SDIV, op.BYTE, op.SHA3, op.CALLDATALOAD, op.MSTORE8, op.MCOPY, op.PC, op.GAS, op.RETURN, 0x0C)
EDGES = (0, 1, 2, 31, 32, 33, 255, 256, 257, 2**128, 2**255 - 1, 2**255, 2**256 - 1)
pytestmark = pytest.mark.filterwarnings("ignore:SELFDESTRUCT")
WHO = b"\x11" * 20
SHORT, LONG = 1_500, 200_000


@cache
def state() -> Any:
    chain = EmbeddedChain(":memory:")
    return chain.chain.get_vm(chain.chain.header).state


def left(kind: type[PragueComputation], code: bytes, gas: int) -> dict[str, Any]:
    """What a run of the code leaves behind."""
    message = Message(gas=gas, to=WHO, sender=WHO, value=0, data=bytes(range(64)), code=code)
    context = state().get_transaction_context_class()(gas_price=0, origin=WHO)
    before = state().snapshot()
    ended: Any = kind.apply_computation(state(), message, context)
    state().revert(before)
    error = ended._error
    return {
        "error": error and (type(error), str(error)),
        "output": ended.output,
        "gas": ended._gas_meter.gas_remaining,
        "at": ended.code.program_counter,
        "words": [int.from_bytes(word) if isinstance(word, bytes) else word for word in ended._stack.values],
        "memory": bytes(ended._memory._bytes),
    }


def some_code(chance: Random) -> bytes:
    """Words are pushed first, so that most instructions find some; jumps mostly go to marked places."""
    made = bytearray()
    for _ in range(chance.randrange(1, 40)):
        kind = chance.random()
        if kind < 0.35:
            word = chance.choice(EDGES) if chance.random() < 0.5 else chance.randrange(0, 96)
            size = max(1, (word.bit_length() + 7) // 8)
            made += bytes((op.PUSH0 + size,)) + word.to_bytes(size)
        elif kind < 0.45:
            made += bytes((op.PUSH1, chance.randrange(0, 60), chance.choice((op.JUMP, op.JUMPI))))
        elif kind < 0.55:
            made.append(op.JUMPDEST)
        else:
            made.append(chance.choice(ALL if kind < 0.93 else OTHERS))
    return bytes(made[: chance.randrange(len(made) // 2, len(made) + 1)])


def compare(seeds: range) -> set[str]:
    """Every code of the seeds under both; the ways in which they ended."""
    met: set[str] = set()
    for seed in seeds:
        chance = Random(seed)
        code, gas = some_code(chance), chance.choice((30, 100, 3_000, 20_000))
        found = left(Computation, code, gas)
        assert found == left(PragueComputation, code, gas), f"seed {seed}: {code.hex()} with {gas} gas"
        met.add(found["error"][0].__name__ if found["error"] else "none")
    return met


def test_any_code_ends_as_py_evm_s() -> None:
    """Some thousand codes, and every way to end."""
    met = compare(range(SHORT))
    assert met >= {"none", "OutOfGas", "InsufficientStack", "InvalidJumpDestination", "InvalidInstruction"}


@pytest.mark.prove
def test_much_code_ends_as_py_evm_s() -> None:
    """Many more."""
    compare(range(SHORT, LONG))


def test_a_full_stack_is_full() -> None:
    """1,024 words fit; one more is py-evm's error, whether it is pushed or doubled."""
    for code in (bytes((op.PUSH0,)) * 1025, bytes((op.PUSH0,)) * 1024 + bytes((op.DUP1,)), bytes((op.PUSH0,)) * 1024):
        assert left(Computation, code, 10_000) == left(PragueComputation, code, 10_000)


def test_the_chain_runs_it() -> None:
    """What the embedded chain runs is ours."""
    assert state().computation_class is Computation
