"""A backup from any moment of any life: restored, recovered, and the same requests again send nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import drill
import pytest
from desks import copied, opened
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from abst.bootstrap.restoring import Restore, restore
from abst.chain.office import Office, Result
from abst.errors import Refused, Unavailable
from abst.integrity import backup, desk, recovering
from abst.transfers import desk as transfers
from databases import chosen_store

PEOPLE = st.sampled_from(["alice", "bob", "carol"])
AMOUNT = st.integers(1, 30).map(lambda lots: lots * 10_000)
ACT = st.one_of(
    st.tuples(st.just("mint"), PEOPLE, PEOPLE, AMOUNT),
    st.tuples(st.just("move"), PEOPLE, PEOPLE, AMOUNT),
    st.tuples(st.just("redeem"), PEOPLE, PEOPLE, AMOUNT),
    st.tuples(st.just("freeze"), PEOPLE, PEOPLE, AMOUNT),
    st.tuples(st.just("force"), PEOPLE, PEOPLE, AMOUNT),
    st.tuples(st.just("anchor"), PEOPLE, PEOPLE, AMOUNT),
)
Act = tuple[str, str, str, int]


def do(office: Office, number: int, act: Act) -> Result:
    """One act under its own request ids: a two-person act is both halves."""
    kind, one, other, amount = act
    request = f"act-{number}"
    match kind:
        case "mint":
            return drill.yes(office, drill.propose(office, request, (one, amount)), f"{request}-yes")
        case "move":
            return drill.move(office, request, one, other, amount)
        case "redeem":
            asked = transfers.Redeem(request=request, holder=one, amount=amount, token=drill.TOKEN)
            return transfers.redeem(office, asked)
        case "freeze":
            return drill.freeze(office, one, amount, request)
        case "force":
            return drill.force(office, one, other, amount, request)
    return drill.anchor(office, request)


@contextmanager
def nothing_sent(office: Office) -> Iterator[None]:
    """The network fails: what is signed meanwhile is stored, and waits."""

    def lost(_: object) -> None:
        raise Unavailable("the network is gone")

    with pytest.MonkeyPatch.context() as cut:
        cut.setattr(office.chain, "send_raw_many", lost)
        cut.setattr(office.chain, "send_raw", lost)
        yield


def tried(office: Office, number: int, act: Act, *, cut: bool) -> bool:
    """Whether the act was taken; with the network cut it may be under way."""
    try:
        if cut:
            with nothing_sent(office):
                do(office, number, act)
        else:
            do(office, number, act)
    except Refused:
        return False
    except Unavailable:
        pass
    return True


@pytest.mark.prove
@settings(max_examples=40, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(acts=st.lists(st.tuples(ACT, st.booleans()), min_size=3, max_size=12), moment=st.integers(0, 12))
def test_a_backup_of_any_moment_of_any_life_is_recovered(
    paying_template: Path, acts: list[tuple[Act, bool]], moment: int
) -> None:
    """What was under way is finished once, what was done is not done again, and nothing is missing."""
    folder = Path(tempfile.mkdtemp(prefix="abst-restore-"))
    try:
        _live_and_recover(paying_template, folder, acts, moment % len(acts))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _live_and_recover(template: Path, folder: Path, acts: list[tuple[Act, bool]], moment: int) -> None:
    living, home = copied(template, folder / "living"), folder / "restored"
    taken: list[int] = []
    with opened(living) as office:
        for number, (act, cut) in enumerate(acts):
            if number == moment:
                backup.make(office, backup.MakeBackup(folder / "backup"))
            taken += [number] if tried(office, number, act, cut=cut) else []
        for number in taken:  # the network is back, and every caller asks again until he has his answer
            tried(office, number, acts[number][0], cut=False)
        lived, head = drill.account(office), office.chain.head()
        assert desk.verify(office) == []
        answers = {number: _outcome(office, number, acts[number][0]) for number in taken}
    drill.copy_chain(living, home)
    drill.copy_keys(living, home)
    restore(Restore(folder / "backup", home, chosen_store()))
    with opened(home) as office:
        report = recovering.recover(office, recovering.Recover())
        assert report.lifted
        event(f"found {min(len(report.found), 3)}, settled {min(len(report.settled), 3)}")
        done = [number for number in taken if answers[number] != "refused"]
        assert {number: _outcome(office, number, acts[number][0]) for number in done} == {
            number: answers[number] for number in done
        }
        assert office.chain.head() == head
        assert drill.account(office) == lived
        assert desk.verify(office) == []


def _outcome(office: Office, number: int, act: Act) -> str:
    try:
        return do(office, number, act).outcome
    except Refused:
        return "refused"
