"""Transfers by thousands among thousands of holders, in batches with the holders' own keys; then all of them are paid.

All by the desks' own functions: every row judged by every rule, with its entry in the log and its place in the outbox.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from abst.bench.report import Figure
from abst.bench.scale_register import PEOPLE
from abst.bench.scale_stage import FILING, LOT, OFFICER, TOKEN, Set, figure, prove_all, raised, told
from abst.bench.shares import peak
from abst.cash import assets, deposits
from abst.chain.office import Evidence
from abst.demo.people import wallet_key
from abst.demo.stage import WORK
from abst.holders import reconciling
from abst.investor import desk
from abst.issuance import desk as issuance
from abst.servicing import payments, record_dates
from abst.transfers import batches
from abst.values import Address, new_id

HOLDERS, TRANSFERS = 10_000, 100_000
SENDERS, ROWS = 10, 100  # holders who send, and rows of one act
BANK, FUNDED = "bank-desk", 10_000_000_000  # cents


def measure(folder: Path, chain: str, holders: int, transfers: int) -> dict[str, Any]:
    """Phases and sizes, as plain data. folder: with the file of the bench."""
    with raised(folder, chain) as stage:
        names = _hold(stage, (folder / PEOPLE).read_bytes(), transfers)
        senders = names[:SENDERS]
        chance = Random(1)
        acts = [_act(senders[number % SENDERS], names, chance) for number in range(-(-transfers // ROWS))]
        with stage.watch.phase("transfers", len(acts) * ROWS):
            for number, act in enumerate(acts, start=1):
                done = batches.transfer_many(stage.office, act)
                assert done.outcome == "done", done
                stage.office.progress("transfers", number * ROWS, len(acts) * ROWS)
        with stage.watch.phase("reconcile", len(names)):
            compared = reconciling.compare(stage.office)
        assert not compared.differences, compared.differences
        _declare(stage)
        with stage.watch.phase("payments", len(names)):
            pushed = payments.push(stage.office, payments.Push(officer=OFFICER, request=new_id("req"), payment="1"))
        assert (pushed.outcome, pushed.result["holders"]) == ("done", len(names)), pushed
        phases = {name: one.as_dict() for name, one in stage.watch.phases.items()}
        return {"phases": phases, "holders": len(names), "peak": peak(), "stored": str(stage.size())}


def _hold(stage: Set, content: bytes, transfers: int) -> list[str]:
    """Everybody in the file admitted and holding; the first have enough for all that they send, and their keys here."""
    office = stage.office
    desk.import_file(office, desk.ImportInvestors(officer=OFFICER, request=new_id("req"), content=content))
    _screening(stage)
    prove_all(office)
    admitted = desk.admit(office, desk.Admit(officer=OFFICER, request=new_id("req")))
    names = [one for one, _ in admitted.result["wallets"]]
    much = LOT * (1 + transfers // SENDERS + ROWS)
    rows = tuple(
        issuance.Allocation(name, much if number < SENDERS else LOT, number + 2) for number, name in enumerate(names)
    )
    asked = issuance.ProposeMint(officer=OFFICER, request=new_id("req"), token=TOKEN, allocations=rows)
    stage.by_two(issuance.mint(office, asked))
    for name in names[:SENDERS]:
        office.keys.add(name, wallet_key(1, name), stage.words(name), WORK)
    wallets = dict(admitted.result["wallets"])
    stage.endow([Address(wallets[name]) for name in names[:SENDERS]])
    return names


def _screening(stage: Set) -> None:
    """The list of the bench, of nobody: names are compared elsewhere."""
    stage.load_list(b"id,name,other_names,born,countries,position\nB-1,Nobody Whosoever,,,AQ,illustrative\n")


def _act(sender: str, names: list[str], chance: Random) -> batches.TransferMany:
    """One lot to each of a hundred others."""
    some = [name for name in chance.sample(names, ROWS + 1) if name != sender][:ROWS]
    rows = tuple(batches.TransferRow(line, to, LOT) for line, to in enumerate(some, start=2))
    return batches.TransferMany(request=new_id("req"), holder=sender, token=TOKEN, rows=rows)


def _declare(stage: Set) -> None:
    """A listed deposit, a payer with money, a record date that has come, and the payment declared on it."""
    office, paper = stage.office, Evidence("licence.txt", b"Licence of the bank that issues the deposit.")
    for account in (OFFICER, "distribution"):
        opened = deposits.SetAccount(officer=BANK, request=new_id("req"), account=account, is_open=True)
        deposits.set_account(office, opened)
    listed = assets.ProposeAsset(
        officer=OFFICER,
        request=new_id("req"),
        asset=str(office.deployment.deposit),
        currency="HKD",
        kind="deposit",
        reason="",
        evidence=paper,
    )
    stage.by_two(assets.propose(office, listed))
    deposits.make(office, deposits.MakeDeposit(officer=BANK, request=new_id("req"), to=OFFICER, amount=FUNDED))
    second = office.now() + 60
    announced = record_dates.Announce(officer=OFFICER, request=new_id("req"), filing=FILING, second=second)
    record_dates.announce(office, announced)
    stage.warp(120)
    declared = payments.Declare(officer=OFFICER, request=new_id("req"), token=TOKEN, record_date=1, amount=FUNDED)
    payments.declare(office, declared)


def figures(found: dict[str, Any], chain: str) -> Iterator[Figure]:
    """The figures of one run."""
    for name, one in found["phases"].items():
        seconds = Decimal(one["wall"])
        what = f"{one['rows']:,} {name} among {found['holders']:,} holders, {chain}"
        yield figure(what, one["rows"] / seconds, "1/s", None, "higher", told(one))
    yield figure(f"{found['holders']:,} holders moved and paid, {chain}: memory at most", found["peak"], "MB")
