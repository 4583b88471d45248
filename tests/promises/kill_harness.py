"""A registry ready to mint, processes that die at a chosen step of the real code, and what must be the same afterwards.

Everything is imported once in the parent; each process is a fork of it, on its own copy of the template's home. The
steps are the lines that the interpreter is about to run (`sys.settrace`) in the files that carry a mint, so that the
code under test knows nothing of it. Death is SIGKILL: no handler, no `finally`, no flush.
"""

from __future__ import annotations

import gc
import json
import linecache
import os
import shutil
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any, NamedTuple

from sqlalchemy import func, select

import abst
from abst import audit, bootstrap, demo_data
from abst.chain import proposals
from abst.chain.office import Approve, Evidence, Office, Result
from abst.decisions import Decision, Proposal
from abst.demo.lists import load_samples
from abst.demo.people import GOOD, as_csv, people
from abst.filing import desk as filing
from abst.filing import tokens
from abst.holders import facts as holders
from abst.integrity import desk as integrity
from abst.investor import desk as investor
from abst.issuance import desk as issuance
from abst.keys import LocalSigner
from abst.outbox import Attempt, Intent, Lane, Request, Transition
from abst.store import Base

FILING = "jishidai-2022-3"
TOKEN = "JSD-A1"
MAKER, CHECKER = "operations-1", "compliance-1"
PASSPHRASE = "a passphrase of the tests"
SOURCE = Path(abst.__file__).parent
# The rooms and files a mint, a payment or a trade is carried by. The chain's block writes have their kills in
# tests/chain.
CARRIERS = (
    "outbox/",
    "store/engine.py",
    "audit/log.py",
    "decisions/",
    "issuance/desk.py",
    "issuance/orders.py",
    "issuance/allotment.py",
    "servicing/payments.py",
    "transfers/trades.py",
    "chain/acts.py",
    "chain/proposals.py",
    "chain/sender.py",
    "chain/sending/",
    "chain/truth.py",
)
WITH_THE_CHAIN = (*CARRIERS, "chain/embedded.py", "chain/kv.py", "keys/signer.py")


class Step(NamedTuple):
    """The interpreter is about to run a line: file in src/abst, line, which time it is reached, in which function."""

    file: str
    line: int
    time: int
    function: str

    @property
    def text(self) -> str:
        return linecache.getline(str(SOURCE / self.file), self.line).strip()

    def __str__(self) -> str:
        return f"{self.file}:{self.line} ({self.function}, time {self.time}) before `{self.text}`"


# ---- the registry


@dataclass(frozen=True)
class Template:
    """A home with an effective filing, its tokens, admitted investors who hold nothing yet, and one open proposal."""

    home: Path
    investors: tuple[str, ...]
    lot: int  # least units of the token in one allocation

    @classmethod
    def read(cls, folder: Path) -> Template:
        """The template whose home lies in the folder."""
        told = json.loads((folder / "template.json").read_text(encoding="utf-8"))
        return cls(folder / "home", tuple(told["investors"]), told["lot"])

    def write(self, folder: Path) -> None:
        told = {"investors": self.investors, "lot": self.lot}
        (folder / "template.json").write_text(json.dumps(told), encoding="utf-8")

    def copy(self, to: Path) -> Path:
        shutil.copytree(self.home, to)
        return to


def open_office(home: Path) -> Office:
    return bootstrap.open_office(home, lambda _: PASSPHRASE)


def build(home: Path, investors: int = 12, **place: Any) -> Template:
    """Make the template by the desks' own acts. Takes seconds. place: words of `Init`: its chain and its store."""
    bootstrap.init(home, bootstrap.Init(passphrase_of=lambda _: PASSPHRASE, work=2, **place))
    office = open_office(home)
    load_samples(office, lambda source: f"t-list-{source}")
    document = Evidence("notice.txt", b"A document of the tests.")
    dossier, deal = (demo_data.text(name).encode() for name in ("dossier.yaml", "deal.yaml"))
    filing.new(office, filing.NewFiling(officer=MAKER, request="t-new", filing=FILING, dossier=dossier, deal=deal))
    filing.submit(office, filing.Submit(officer=MAKER, request="t-submit", filing=FILING))
    effect = filing.MakeEffective(officer=MAKER, request="t-effective", filing=FILING, evidence=document)
    approve(office, filing.effective(office, effect), "t-effective-yes")
    tokens.create(office, tokens.CreateTokens(officer=MAKER, request="t-tokens", filing=FILING))
    names = _admit(office, investors)
    lot = int(tokens.show(office, TOKEN)["terms"]["lot"])
    propose(office, "t-open", [(names[0], lot)])
    assert verified(office) == []
    office.close()
    return Template(home, names, lot)


def _admit(office: Office, count: int) -> tuple[str, ...]:
    today: date = office.day()
    cast = [p for p in people(Random(1), 1, count * 2, today) if p.fate == GOOD][:count]
    rows = investor.ImportInvestors(officer=MAKER, request="t-import", content=as_csv(cast))
    investor.import_file(office, rows)
    for person in cast:
        asked = investor.MakeChallenge(
            officer=MAKER, request=f"t-ask-{person.reference}", investor=person.reference, wallet=person.wallet
        )
        text = investor.challenge(office, asked).result["text"]
        signature = "0x" + LocalSigner(person.key).sign_text(text).hex()
        proof = investor.Prove(
            officer=MAKER, request=f"t-prove-{person.reference}", wallet=person.wallet, signature=signature
        )
        investor.prove(office, proof)
    admitted = investor.admit(office, investor.Admit(officer=MAKER, request="t-admit"))
    assert admitted.outcome == "done"
    assert not admitted.refusals
    return tuple(person.reference for person in cast)


# ---- acts


def propose(office: Office, request: str, rows: Iterable[tuple[str, int]]) -> Result:
    """Propose a mint of rows (investor, units)."""
    allocations = tuple(issuance.Allocation(to, amount, row) for row, (to, amount) in enumerate(rows, start=2))
    return issuance.mint(
        office, issuance.ProposeMint(officer=MAKER, request=request, token=TOKEN, allocations=allocations)
    )


def approve(office: Office, proposed: Result, request: str) -> Result:
    assert proposed.proposal is not None
    return proposals.approve(office, Approve(officer=CHECKER, request=request, proposal=proposed.proposal))


def mint(office: Office, request: str, rows: Iterable[tuple[str, int]]) -> Result:
    """Both halves of a mint, each under its own fixed request id."""
    return approve(office, propose(office, request, rows), f"{request}-yes")


def verified(office: Office) -> list[str]:
    """What `abst verify` finds."""
    return [str(difference) for difference in integrity.verify(office)]


def differences(office: Office) -> list[str]:
    """The same, with the chain's own check of its file."""
    chain_check: Callable[[], list[str]] = office.chain.check  # type: ignore[attr-defined]
    return verified(office) + chain_check()


def account(office: Office) -> dict[str, Any]:
    """All that two runs of the same requests share: no random ids, hashes or times; JSON-able."""
    found_wrong = differences(office)  # first: it brings the register of holders up to the chain
    contract = office.contracts.token(holders.token(office, TOKEN).address)
    with office.store.read() as session:
        rows = {
            name: session.scalar(select(func.count()).select_from(table))
            for name, table in Base.metadata.tables.items()
        }
        histories = [
            [intent.kind, [t.state for t in session.scalars(_history(intent.id))]]
            for intent in session.scalars(select(Intent).order_by(Intent.seq))
        ]
        requests = session.scalars(select(Request).order_by(Request.id))
        found = {
            "rows": rows,
            "intents": histories,
            "requests": [[r.id, r.command, r.outcome, len((r.result or {})["refusals"])] for r in requests],
            "proposals": sorted([p.kind, p.state, p.request] for p in session.scalars(select(Proposal))),
            "decisions": sorted([d.kind, d.passed] for d in session.scalars(select(Decision))),
            "lanes": sorted([lane.signer, lane.nonce] for lane in session.scalars(select(Lane))),
            "attempts": session.scalar(select(func.count()).select_from(Attempt)),
            "log": audit.verify(session),
            "acts": [entry.act for entry in audit.entries(session)],
        }
    events = contract.events(office.chain.logs([contract.address], 0, office.chain.head().number))
    minted = [event.args["total"] for event in events if event.name == "Minted"]
    return json.loads(
        json.dumps(
            found
            | {
                "supply": contract.read("totalSupply"),
                "events": [event.name for event in events],
                "received": [[e.args["to"], e.args["value"]] for e in events if e.name == "Transfer"],
                "minted": len(minted),
                "minted_in_all": sum(minted),
                "blocks": office.chain.head().number,
                "nonces": {name: office.chain.nonce(address) for name, address in office.keys.names().items()},
                "differences": found_wrong,
            }
        )
    )


def _history(intent: str) -> Any:
    return select(Transition).where(Transition.intent == intent).order_by(Transition.seq)


# ---- processes


@dataclass(frozen=True)
class Ended:
    """How a forked process ended: the signal that killed it (0: none), else its answer."""

    signal: int
    answer: Any

    @property
    def killed(self) -> bool:
        return self.signal == signal.SIGKILL


def forked(work: Callable[[], Any], *, alarm: Callable[[int], None] | None = None) -> Ended:
    """Run `work` in a fork and wait for it. alarm: is called with its process id at once, to kill it when it likes.

    Raises AssertionError with the child's traceback when the work failed.
    """
    pid, reader = start(work)
    if alarm is not None:
        alarm(pid)
    return finish(pid, reader)


def start(work: Callable[[], Any]) -> tuple[int, int]:
    """Fork a process that does the work; its id and the pipe its answer comes through."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _child(work, writer)
    os.close(writer)
    return pid, reader


def _child(work: Callable[[], Any], writer: int) -> None:
    """The fork's whole life: it never returns into the test."""
    gc.freeze()  # what was inherited is left alone, and the memory stays shared
    code = 1
    try:
        try:
            answer = {"answer": work()}
        except BaseException:  # noqa: BLE001 - whatever it was, the parent reports it
            answer = {"error": traceback.format_exc()}
        with os.fdopen(writer, "w") as pipe:
            json.dump(answer, pipe)
        code = 0
    finally:
        os._exit(code)


def finish(pid: int, reader: int) -> Ended:
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return Ended(os.WTERMSIG(status), None)
    answer = json.loads(said)
    if "error" in answer:
        raise AssertionError(answer["error"])
    return Ended(0, answer["answer"])


# ---- steps


class Steps:
    """Follows the lines of some files of the service: remembers them, or dies before one of them is run."""

    def __init__(self, files: tuple[str, ...], death: Step | None = None) -> None:
        self.files, self.death = files, death
        self.reached: Counter[tuple[str, int]] = Counter()
        self.path: list[Step] = []
        self._names: dict[str, str] = {}  # of watched files, as in a step
        self._watch: dict[str, Any] = {}  # by file: its tracing function, or None

    def __enter__(self) -> Steps:
        sys.settrace(self._enter)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _enter(self, frame: FrameType, _event: str, _arg: object) -> Any:
        file = frame.f_code.co_filename
        if file not in self._watch:
            name = file.removeprefix(f"{SOURCE}{os.sep}").replace(os.sep, "/")
            watched = file != name and name.startswith(self.files)
            self._names[file], self._watch[file] = name, self._line if watched else None
        return self._watch[file]

    def _line(self, frame: FrameType, event: str, _arg: object) -> Any:
        if event == "line":
            place = (self._names[frame.f_code.co_filename], frame.f_lineno)
            self.reached[place] += 1
            here = Step(*place, self.reached[place], frame.f_code.co_name)
            if here == self.death:
                os.kill(os.getpid(), signal.SIGKILL)
            self.path.append(here)
        return self._line


def steps_of(home: Path, work: Callable[[Office], Any], files: tuple[str, ...]) -> list[Step]:
    """Every step of the work on a home, in order; the work is done afterwards."""

    def traced() -> list[Step]:
        office = open_office(home)
        with Steps(files) as steps:
            work(office)
        return steps.path

    return [Step(*step) for step in forked(traced).answer]


def die_at(home: Path, work: Callable[[Office], Any], files: tuple[str, ...], step: Step) -> Ended:
    """Do the work in a process that dies just before a step."""

    def doomed() -> None:
        office = open_office(home)
        with Steps(files, step):
            work(office)

    return forked(doomed)


def complete(
    home: Path, work: Callable[[Office], Result], mend: Callable[[Office], Any] | None = None
) -> dict[str, Any]:
    """A fresh process repeats the work and gives account of everything, with the outcome of the act.

    mend: what somebody does before it is repeated.
    """

    def whole() -> dict[str, Any]:
        office = open_office(home)
        if mend is not None:
            mend(office)
        result = work(office)
        told = {key: value for key, value in result.result.items() if key not in ("proposal", "hash")}
        return account(office) | {"outcome": result.outcome, "told": told, "refused": len(result.refusals)}

    answer: dict[str, Any] = forked(whole).answer
    return answer


# ---- many at once


def spread(cases: Sequence[Any], one: Callable[[Any], list[str]], workers: int) -> list[str]:
    """Give cases to forked workers; what they found wrong, each with its case."""

    def share(first: int) -> list[str]:
        return [f"{case}: {wrong}" for case in cases[first::workers] for wrong in one(case)]

    running = [start(partial(share, first)) for first in range(workers)]
    return [wrong for worker in running for wrong in finish(*worker).answer]


def unlike(found: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    """Where two accounts differ, in words."""
    return [f"{key}: found {found[key]}; needed {expected[key]}" for key in expected if found[key] != expected[key]]
