"""The machine: operators' acts, held at any point, beside everything that may befall them.

Three processes may be at work on one home: two whose operators have every key, and one who has the checkers' alone.
A step begins an act, perhaps up to a point of it; there something happens, to the process or around it, and it goes
on, now or after other processes did something. At the end the faults are over, all is drained and asked again, and
everything must be as it should (`checks`).
"""

from __future__ import annotations

from collections import Counter
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from promises.faults import node
from promises.faults.acts import ASKED, UNASKED, Act, whole
from promises.faults.checks import Answer, Check, still_open
from promises.faults.process import (
    DISK_FAILS,
    EARLIER,
    FAIL,
    GO,
    LATER,
    STALE,
    SWALLOW,
    TWICE,
    Ended,
    Paused,
    Process,
)
from promises.faults.stage import FINALITY, Place, Stage
from promises.faults.template import Template

LEFT, RIGHT, CHECKERS = "left", "right", "checkers"
KNOWS = {LEFT: lambda _: True, RIGHT: lambda _: True, CHECKERS: lambda name: name.startswith(("compliance", "vault"))}
KILL, LEAVE, SAME, LOCK, FULL = "kill", "leave", "another asks the same", "lock", "full disk"
TROUBLES = (
    *(KILL,) * 4,
    *(LEAVE,) * 3,
    *(SAME,) * 4,
    *(FAIL,) * 2,
    *(TWICE, SWALLOW, STALE, LATER, EARLIER, DISK_FAILS, LOCK, FULL),
)
SPARE = (0, 4_096, 16_384, 65_536)  # bytes left on a disk that is full
EXPECTED = frozenset(("done", "waiting", "Refused", "Unavailable", "NotAccepted", "Conflict", "UsageError", "NotFound"))
KEYLESS = frozenset(("NotAuthorised",))  # of who has not every key
ROUNDS = 4  # of draining, until all has ended

who = st.sampled_from((LEFT, LEFT, LEFT, RIGHT, RIGHT, CHECKERS))
places = st.integers(0, 1_199)  # see `Stage.point`
troubles = st.runner().flatmap(lambda machine: st.sampled_from(machine.troubles))


class Faults(RuleBasedStateMachine):
    """One run on a stage, which whoever plays it names."""

    stage: ClassVar[Stage]
    told: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.at: Place | None = None
        self.processes: dict[str, Process] = {}
        self.asked: dict[str, Act] = {}
        self.doing: dict[str, Act] = {}
        self.known: list[Act] = []  # what was answered
        self.broken = False
        self.template = Template.of(self.stage.template)
        self.finality = 0
        self.troubles = TROUBLES if self.stage.node is None else (*TROUBLES, *node.TROUBLES)

    # ---- steps

    @initialize(finality=st.sampled_from(FINALITY))
    def begin(self, finality: int) -> None:
        self.finality = finality if self.stage.node else 0
        self.at = self.stage.place(self.finality)
        self.processes = {name: Process(self.at.home, knows) for name, knows in KNOWS.items()}

    @rule(name=who, kind=st.sampled_from(ASKED), number=st.integers(0, 3), place=places, trouble=troubles)
    def ask(self, name: str, kind: str, number: int, place: int, trouble: str) -> None:
        """Something new."""
        act = Act(kind, f"r-{len(self.asked) + 1}", number)
        self.asked[act.request] = act
        self.order(name, act, place, trouble)

    @precondition(lambda self: self.asked)
    @rule(name=who, which=st.integers(0, 9), place=places, trouble=troubles)
    def ask_again(self, name: str, which: int, place: int, trouble: str) -> None:
        """The very same request as one of those before, or, of a half, the whole of it."""
        acts = list(self.asked.values())
        self.order(name, whole(acts[-1 - which % len(acts)]), place, trouble)

    @precondition(lambda self: self.known)
    @rule(name=who, which=st.integers(0, 9))
    def ask_otherwise(self, name: str, which: int) -> None:
        """A request that was answered before, with other content: nothing but Conflict."""
        act = self.known[-1 - which % len(self.known)]
        process = self.processes[name]
        if process.paused is None:
            said = process.do(act.other())
            if not isinstance(said, Ended) or said.outcome != "Conflict":
                self.fail(f"{act.other()} after {act}: {said}")
            self.told["other content"] += 1

    @rule(name=who, kind=st.sampled_from(("run ops",) * 4 + UNASKED), place=places, trouble=troubles)
    def work(self, name: str, kind: str, place: int, trouble: str) -> None:
        self.order(name, Act(kind, ""), place, trouble)

    @precondition(lambda self: self.standing())
    @rule(which=st.integers(0, 2), place=places, trouble=troubles)
    def go_on(self, which: int, place: int, trouble: str) -> None:
        """Somebody who was left standing goes on."""
        names = self.standing()
        name = names[which % len(names)]
        process = self.processes[name]
        assert process.paused is not None
        stop = None if place >= 1_000 else process.paused.number + 1 + place % 20
        self.follow(name, process.go_on(GO, stop), trouble, place)

    def standing(self) -> list[str]:
        return [name for name, process in self.processes.items() if process.paused is not None]

    # ---- what happens

    def order(self, name: str, act: Act, place: int, trouble: str) -> None:
        process = self.processes[name]
        if process.paused is not None:
            self.follow(name, process.go_on(), KILL, place)
        stop = self.stage.point(act.kind, place)
        self.doing[name] = act
        self.follow(name, process.do(act, stop), trouble, place)

    def follow(self, name: str, said: Paused | Ended | None, trouble: str, seed: int) -> None:
        """Where a process stands still, something happens to it or around it."""
        process = self.processes[name]
        if isinstance(said, Paused):
            self.told["points"] += 1
            self.told[trouble] += 1
            if trouble == LEAVE:
                return
            if trouble == KILL:
                process.kill()
                return
            if trouble == SAME:
                self.beside(name)
            said = process.go_on(self.around(trouble, seed))
            self.now.calm()
            if trouble in (DISK_FAILS, FULL, LATER, EARLIER):
                process.kill()  # its machine is looked after
        self.ended(name, said)

    def beside(self, name: str) -> None:
        """While one stands still, another with every key is asked the very same."""
        other = RIGHT if name == LEFT else LEFT
        if self.processes[other].paused is None:
            self.doing[other] = self.doing[name]
            self.ended(other, self.processes[other].do(self.doing[name]))

    def ended(self, name: str, said: Paused | Ended | None) -> None:
        """Every act comes to an outcome or to an error of the house."""
        if not isinstance(said, Ended):
            self.fail(f"{name} died by itself")
        assert isinstance(said, Ended)
        self.told[f"ended: {said.outcome}"] += 1
        act = self.doing.get(name)
        if said.outcome in ("done", "waiting") and act is not None and act.request and act not in self.known:
            self.known.append(act)
        expected = EXPECTED | KEYLESS if name == CHECKERS else EXPECTED
        if not said.house or said.outcome not in expected:
            self.fail(f"{name}: {said.outcome}: {said.words}")

    @property
    def now(self) -> Place:
        assert self.at is not None
        return self.at

    def around(self, trouble: str, seed: int) -> str:
        """Let it happen around; what is left to happen to the process itself."""
        if trouble == LOCK:
            self.now.lock.take()
        elif trouble == FULL:
            return GO if self.now.disk.fill(SPARE[seed % len(SPARE)]) else DISK_FAILS
        elif trouble in node.TROUBLES:
            assert self.now.node is not None
            self.now.node.befall(trouble, seed, self.template.block, self.finality)
        elif trouble != SAME:
            return trouble
        return GO

    def fail(self, words: str) -> None:
        self.broken = True
        raise AssertionError(words)

    # ---- the end

    def teardown(self) -> None:
        try:
            if not self.broken and self.at is not None:
                self.settle()
        finally:
            for process in self.processes.values():
                process.kill()
            if self.at is not None:
                self.at.end()

    def settle(self) -> None:
        """The faults are over: all is drained, every request is asked again, and everything is as it should be."""
        self.told["runs"] += 1
        for process in self.processes.values():
            if process.paused is not None:
                process.go_on()
            process.kill()
        self.now.calm()
        last = Process(self.now.home)
        try:
            answers = self.answers(last)
            wrong = self.calmly(last, Check(tuple(answers))).told
        finally:
            last.kill()
        assert not wrong, "\n".join(wrong)

    def answers(self, last: Process) -> list[Answer]:
        """What everything that was asked comes to; who must decide does so, and blocks come on top."""
        for _ in range(ROUNDS):
            self.calmly(last, Act("run ops", ""))
            answers = [self.answer(last, whole(act)) for act in self.asked.values()]
            if self.finality and self.now.node is not None:
                self.now.node.mine(self.finality)
            self.calmly(last, Act("run ops", ""))
            if not self.calmly(last, still_open).told:
                break
            self.calmly(last, Act("decide", ""))
        return [self.answer(last, answer.act) for answer in answers]

    def answer(self, last: Process, act: Act) -> Answer:
        said = self.calmly(last, act)
        clean = said.outcome == "done" and not (said.told.refusals if said.told else ())
        return Answer(act, said.outcome, clean)

    def calmly(self, last: Process, work: Any) -> Ended:
        said = last.do(work)
        assert isinstance(said, Ended), work
        assert said.house, f"{work}: {said.words}"
        assert said.outcome not in ("Unavailable", "NotAccepted", "IntegrityFailure"), f"{work}: {said.words}"
        return said
