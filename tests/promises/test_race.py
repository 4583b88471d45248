"""Two processes mint at once on one store and one chain: no gap, nothing twice, no difference."""

from __future__ import annotations

import json
import multiprocessing
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from abst.chain.office import Office
from abst.errors import Refused
from promises import kill_harness as harness
from promises.kill_harness import MAKER, Template

RACERS = ("left", "right")
PATIENCE = 60  # seconds that one racer waits for the other at the line


@dataclass
class Line:
    """Where the racers meet before each round, and learn together whether there is another."""

    seconds: float
    ended: Any = field(default_factory=lambda: multiprocessing.get_context("fork").Value("b", 0))

    def __post_init__(self) -> None:
        self._until = time.monotonic() + self.seconds
        self._barrier = multiprocessing.get_context("fork").Barrier(len(RACERS), self._look, PATIENCE)

    def _look(self) -> None:
        self.ended.value = time.monotonic() > self._until

    def meet(self) -> bool:
        """Wait for the other; whether there is time for another round."""
        self._barrier.wait()
        return not self.ended.value


def race(home: Path, name: str, line: Line, template: Template) -> dict[str, Any]:
    """Rounds of one mint of its own, and of two that the other asks for at the same moment under the same ids: one
    that is made and one that is refused."""
    office = harness.open_office(home)
    own: list[Any] = []
    shared: list[Any] = []
    refused: list[str] = []
    rows = [(investor, template.lot) for investor in template.investors[:2]]
    while line.meet():
        number = len(own)
        own.append(_told(harness.mint(office, f"{name}-{number}", rows)))
        line.meet()
        shared.append(_told(harness.mint(office, f"both-{number}", rows)))
        line.meet()
        refused.append(_refusal(office, f"no-{number}", template))
    return {"own": own, "shared": shared, "refused": refused}


def _told(result: Any) -> list[Any]:
    return [result.outcome, result.result["proposal"], result.result["total"], len(result.refusals)]


def _refusal(office: Office, request: str, template: Template) -> str:
    """One unit less than a lot."""
    with pytest.raises(Refused) as refused:
        harness.propose(office, request, [(template.investors[0], template.lot - 1)])
    return str(refused.value)


def run_race(template: Template, home: Path, seconds: float) -> int:
    """Race on a copy of the template, check everything, and return how many mints there were."""
    template.copy(home)
    line = Line(seconds)
    running = [harness.start(partial(race, home, name, line, template)) for name in RACERS]
    left, right = [harness.finish(*racer).answer for racer in running]
    rounds = len(left["own"])
    assert left["shared"] == right["shared"], "the same request got two answers"
    assert left["refused"] == right["refused"]
    told = left["own"] + right["own"] + left["shared"]
    assert len({proposal for _, proposal, _, _ in told}) == 3 * rounds
    assert {(outcome, total, refused) for outcome, _, total, refused in told} == {("done", str(2 * template.lot), 0)}
    check(home, template, 3 * rounds, rounds)
    return 3 * rounds


def check(home: Path, template: Template, mints: int, refused: int) -> None:
    """Each mint once: in the outbox, on the chain, in the log; the maker's nonces without a gap."""

    def facts(office: Office) -> dict[str, Any]:
        maker = office.keys.names()[MAKER]
        found = harness.account(office)
        return found | {"maker": [nonce for signer, nonce in found["lanes"] if signer == maker]}

    before = _of(template.home, facts)
    found = _of(home, facts)
    assert found["differences"] == found["log"] == []
    assert found["supply"] == found["minted_in_all"] == mints * 2 * template.lot
    assert found["minted"] == mints
    assert found["maker"] == list(range(len(before["maker"]) + mints))
    assert found["nonces"][MAKER] == len(before["maker"]) + mints
    assert found["attempts"] == before["attempts"] + mints
    new = {table: found["rows"][table] - count for table, count in before["rows"].items()}
    assert (new["proposal"], new["mint_lot"], new["intent"]) == (mints, mints, mints)
    assert (new["request"], new["decision"], new["audit"]) == (2 * mints + refused,) * 3
    assert [intent for intent in found["intents"] if intent[1] != ["pending", "sent", "final"]] == []


def _of(home: Path, facts: Any) -> dict[str, Any]:
    def work() -> Any:
        return json.loads(json.dumps(facts(harness.open_office(home))))

    answer: dict[str, Any] = harness.forked(work).answer
    return answer


@pytest.mark.slow
def test_two_processes_mint_at_once(ready_to_mint: Template, tmp_path: Path) -> None:
    """With the same maker's key, on different requests and on the very same one: every mint once, one answer a
    request, no gap among the nonces, no difference found."""
    assert run_race(ready_to_mint, tmp_path / "home", seconds=3) > 0


@pytest.mark.prove
@pytest.mark.parametrize("run", range(1, 11))
def test_two_processes_mint_for_a_minute(ready_to_mint: Template, tmp_path: Path, run: int) -> None:
    """The same for a minute, ten times over."""
    mints = run_race(ready_to_mint, tmp_path / "home", seconds=60)
    print(f"\nrace {run} of 10: two processes, 60 s, {mints} mints made, differences 0")
