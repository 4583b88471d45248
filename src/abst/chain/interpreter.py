"""The plain instructions of the EVM, run in one loop: py-evm calls five functions for each, and these are nine in ten.

`Code` stands where py-evm's loop takes its next instruction from. It runs what it can by itself and gives py-evm
everything else: what touches state, calls, logs or grows memory, and whatever is about to fail, so that every error is
py-evm's own. Gas, stack and memory are as py-evm would leave them; only whether a word lies on the stack as a number or
as bytes may differ, which py-evm leaves open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from operator import and_, or_, xor
from typing import Any

from eth.vm import opcode_values as op
from eth.vm.code_stream import CodeStream
from eth.vm.forks.prague import PragueVM
from eth.vm.forks.prague.computation import PragueComputation
from eth.vm.forks.prague.opcodes import PRAGUE_OPCODES
from eth.vm.forks.prague.state import PragueState

WORDS = 1024  # of a stack at most
MOST = 2**256 - 1
SIGN = 2**255

TWO: dict[int, Callable[[int, int], int]] = {
    op.ADD: lambda a, b: a + b & MOST,
    op.MUL: lambda a, b: a * b & MOST,
    op.SUB: lambda a, b: a - b & MOST,
    op.DIV: lambda a, b: a // b if b else 0,
    op.MOD: lambda a, b: a % b if b else 0,
    op.LT: lambda a, b: 1 if a < b else 0,
    op.GT: lambda a, b: 1 if a > b else 0,
    op.SLT: lambda a, b: 1 if a ^ SIGN < b ^ SIGN else 0,
    op.SGT: lambda a, b: 1 if a ^ SIGN > b ^ SIGN else 0,
    op.EQ: lambda a, b: 1 if a == b else 0,
    op.AND: and_,
    op.OR: or_,
    op.XOR: xor,
    op.SHL: lambda a, b: b << a & MOST if a < 256 else 0,
    op.SHR: lambda a, b: b >> a if a < 256 else 0,
}
"""Instructions that take two words, the upper one first, and leave one."""
PLAIN = (op.POP, op.ISZERO, op.NOT, op.JUMP, op.JUMPI, op.JUMPDEST, op.MLOAD, op.MSTORE)
OURS = {*TWO, *PLAIN, *range(op.PUSH0, op.SWAP16 + 1)}
NOT_OURS = 2**256  # more gas than there is
FAILS = -1
_PRAGUE: dict[int, Any] = dict(PRAGUE_OPCODES)
COSTS = tuple(_PRAGUE[code].gas_cost if code in OURS else NOT_OURS for code in range(256))


@lru_cache(maxsize=256)
def _seen(_: bytes) -> tuple[dict[int, tuple[int, int]], set[int]]:
    """What is known of a code: the word pushed at a place, with the place after it; and where one may jump to."""
    return {}, set()


class Code(CodeStream):
    """The code of one computation. As an iterator it gives the instructions that py-evm is to run."""

    __slots__ = ("_computation",)

    def __init__(self, computation: Any) -> None:
        super().__init__(computation.msg.code)
        self._computation = computation

    def __iter__(self) -> Iterator[int]:
        meter, size = self._computation._gas_meter, self._length_cache
        while True:
            self.program_counter, meter.gas_remaining = self._run(self.program_counter, meter.gas_remaining)
            place = self.program_counter
            if place >= size:
                break
            self.program_counter = place + 1
            yield self._raw_code_bytes[place]
        yield op.STOP

    def _run(self, at: int, gas: int) -> tuple[int, int]:
        """From a place on, until an instruction that is not ours or would fail: its place, and the gas that is left."""
        raw, size = self._raw_code_bytes, self._length_cache
        pushed, targets = _seen(raw)
        words = self._computation._stack.values
        memory = self._computation._memory._bytes
        while at < size:
            code = raw[at]
            cost = COSTS[code]
            if cost > gas:
                break
            if code >= op.PUSH0:
                if code < op.DUP1:
                    if len(words) == WORDS:
                        break
                    word, at = pushed.get(at) or self._pushed(at, pushed)
                    words.append(word)
                elif code < op.SWAP1:
                    back = op.DUP1 - code - 1
                    if len(words) == WORDS or len(words) < -back:
                        break
                    words.append(words[back])
                    at += 1
                else:
                    back = op.SWAP1 - code - 2
                    if len(words) < -back:
                        break
                    words[-1], words[back] = words[back], words[-1]
                    at += 1
            elif code == op.JUMPDEST:
                at += 1
            elif code in TWO:
                if len(words) < 2:
                    break
                upper, lower = _number(words.pop()), _number(words[-1])
                words[-1] = TWO[code](upper, lower)
                at += 1
            else:
                after = self._plain(code, at, words, memory, targets)
                if after == FAILS:
                    break
                at = after
            gas -= cost
        return at, gas

    def _plain(self, code: int, at: int, words: list[Any], memory: bytearray, targets: set[int]) -> int:
        """One of PLAIN: the place after it, or FAILS, which leaves everything as it was."""
        if len(words) < (2 if code in (op.JUMPI, op.MSTORE) else 1):
            return FAILS
        top = _number(words[-1])
        match code:
            case op.POP:
                words.pop()
            case op.ISZERO:
                words[-1] = 0 if top else 1
            case op.NOT:
                words[-1] = MOST - top
            case op.JUMP | op.JUMPI:
                jumps = code == op.JUMP or _number(words[-2])
                if jumps and top not in targets and not self._may_jump_to(top, targets):
                    return FAILS
                del words[-1 if code == op.JUMP else -2 :]
                return top if jumps else at + 1
            case _ if top + 32 > len(memory):
                return FAILS  # it grows
            case op.MLOAD:
                words[-1] = bytes(memory[top : top + 32])
            case op.MSTORE:
                words.pop()
                word = words.pop()
                memory[top : top + 32] = word.rjust(32, b"\0") if word.__class__ is bytes else word.to_bytes(32)
        return at + 1

    def _pushed(self, at: int, pushed: dict[int, tuple[int, int]]) -> tuple[int, int]:
        count = self._raw_code_bytes[at] - op.PUSH0
        word = self._raw_code_bytes[at + 1 : at + 1 + count].ljust(count, b"\0")
        pushed[at] = int.from_bytes(word), at + 1 + count
        return pushed[at]

    def _may_jump_to(self, place: int, targets: set[int]) -> bool:
        if place >= self._length_cache or self._raw_code_bytes[place] != op.JUMPDEST or not self.is_valid_opcode(place):
            return False
        targets.add(place)
        return True


def _number(word: Any) -> int:
    return int.from_bytes(word) if word.__class__ is bytes else word


class Computation(PragueComputation):
    """Prague's, with `Code`."""

    def __init__(self, state: Any, message: Any, transaction_context: Any) -> None:
        super().__init__(state, message, transaction_context)
        self.code = Code(self)


class State(PragueState):
    computation_class = Computation


class RegistryVM(PragueVM):
    """Prague's virtual machine, with `Code`."""

    _state_class = State
