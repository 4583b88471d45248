"""The registry that the fault machine plays on: made once, copied for each run.

Some investors hold tokens, two of them have their keys in the home; a payment is declared and funded, and nobody is
paid yet.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from abst import bootstrap
from abst.cash import assets, deposits
from abst.chain.office import Evidence, Office
from abst.demo.people import wallet_key
from abst.servicing import payments, record_dates
from promises import kill_harness as harness
from promises.kill_harness import FILING, MAKER, PASSPHRASE, TOKEN

PEOPLE = 6  # investors who take part
FROM = 2  # of them, whose keys lie in the home
HOLDERS = 4  # of them, who hold tokens at the record date
SEED = 1  # of the investors
OFFERED = 1_000  # of the deposit token, to the payer
TOLD = "template.json"

Warp = Callable[[Office, int], object]


@dataclass(frozen=True)
class Template:
    """What a run must know of the home. lot: least units of the token in one allocation; block: the template's last."""

    investors: tuple[str, ...]
    lot: int
    block: int

    @classmethod
    @cache
    def of(cls, home: Path) -> Template:
        told = json.loads((home / TOLD).read_text(encoding="utf-8"))
        return cls(tuple(told["investors"]), told["lot"], told["block"])


def finish(ready: harness.Template, warp: Warp) -> None:
    """Make it, in its place, of a registry that is ready to mint. warp: how its chain's clock is moved."""
    office = harness.open_office(ready.home)
    people = ready.investors[:PEOPLE]
    keys = [(name, wallet_key(SEED, name)) for name in people[:FROM]]
    bootstrap.give_gas(office, [office.keys.add(name, key, PASSPHRASE, 2) for name, key in keys])
    harness.mint(office, "t-mint", [(name, ready.lot * (4 + place)) for place, name in enumerate(people[:HOLDERS])])
    _declare(office, warp)
    assert harness.verified(office) == []
    told = Template(people, ready.lot, office.chain.head().number)
    (ready.home / TOLD).write_text(json.dumps(asdict(told)), encoding="utf-8")
    office.close()
    gc.collect()  # no connection of the parent's is left for a fork to inherit


def _declare(office: Office, warp: Warp) -> None:
    """The payer has money, a record date is taken, and a payment is declared upon it."""
    paper = Evidence("licence.txt", b"A document of the tests.")
    for account in (MAKER, "distribution"):
        opened = deposits.SetAccount(officer="bank-desk", request=f"t-{account}", account=account, is_open=True)
        deposits.set_account(office, opened)
    asset = assets.asset_of(office, "")
    listing = assets.ProposeAsset(
        officer=MAKER, request="t-asset", asset=asset, currency="HKD", kind="deposit", evidence=paper
    )
    harness.approve(office, assets.propose(office, listing), "t-asset-yes")
    deposits.make(office, deposits.MakeDeposit(officer="bank-desk", request="t-cash", to=MAKER, amount=OFFERED))
    date = record_dates.Announce(officer=MAKER, request="t-date", filing=FILING, second=office.now() + 10)
    record_dates.announce(office, date)
    warp(office, 10)
    declared = payments.Declare(officer=MAKER, request="t-payment", token=TOKEN, record_date=1, amount=OFFERED)
    assert payments.declare(office, declared).outcome == "done"
