"""Deals made up by chance, with the servicer's reports for them: every kind of step, all modes, short and ample cash.

The same seed gives the same deal. Steps stand in an order that deals have: fees, then by rank interest and principal,
reserve, target, what is left; so the promises of tests/promises/test_deals.py are promises of each of them.
"""

from __future__ import annotations

from random import Random
from typing import Any

DAY_COUNTS = ("act/365f", "act/360", "30/360", "act/act")
PAYMENTS = 12
Raw = dict[str, Any]


def random_deal(rng: Random) -> Raw:
    """The content of a deal.yaml."""
    ranks = _ranks(rng)
    names = [name for rank in ranks for name in rank]
    classes = [_tranche(rng, name, number) for number, name in enumerate(names)]
    total = sum(one["face"] for one in classes)
    pool = max(1, total * rng.choice((100, 100, 105, 115)) // 100)
    reserve = rng.random() < 0.7
    sources = ["available", "reserve"] if reserve else ["available"]
    accounts: Raw = {"available": {"opening": rng.choice((0, 0, rng.randrange(10**6)))}}
    if reserve:
        accounts["reserve"] = {"opening": pool * rng.randrange(4) // 100}
    raw: Raw = {
        "schema": "abst-deal-2",
        "id": "random",
        "title": "A deal made up by chance",
        "source": "tests",
        "currency": "USD",
        "decimals": 2,
        "dates": {
            "cut_off": "2025-12-31",
            "closing": "2026-01-15",
            "accrual_from": "2026-01-15",
            "first_payment": "2026-02-15",
            "last_payment": "2027-01-15",
            "payment_day": 15,
            "legal_maturity": "2027-06-15",
        },
        "pool": {"balance": pool},
        "parties": [{"role": role, "name": role, "country": "HK"} for role in ("servicer", "trustee", "owner")],
        "indices": {"base": {"title": "a rate"}},
        "accounts": accounts,
        "inputs": {"claims": {"unit": "money"}, "swap": {"unit": "money", "cash": True}},
        "fees": _fees(rng),
        "taxes": {"vat": {"payee": "tax", "amount": f"0.0{rng.randrange(1, 10)} * collections.interest"}},
        "tables": {
            "oc": {"unit": "rate", "values": [f"0.{rng.randrange(5, 25):02d}" for _ in range(rng.randrange(1, 6))]}
        },
        "tranches": classes,
        "groups": {"notes": names},
        "quantities": _quantities(reserve),
        "tests": {"covers": f"{' + '.join(f'{one}.balance' for one in sources)} >= notes.balance"},
        "triggers": _triggers(rng),
        "calls": {"clean_up": {"when": "pool.closing <= 0.30 * pool.original", "price": "pool.closing"}},
        "carried": {"worst": {"unit": "money", "next": "max(worst, pool.defaults)"}},
        "waterfall": {
            "normal": _normal(rng, ranks, sources),
            "accelerated": _accelerated(rng, ranks, reserve),
            "default": _default(rng, ranks, reserve),
        },
    }
    return raw


def random_report(rng: Random, opening: int, period: int, original: int) -> dict[str, int]:
    """A report that rolls the pool forward; cash may be ample, short, or missing."""
    principal = opening // rng.choice((50, 50, 20, 8, 3)) * rng.randrange(2)
    if rng.random() < 0.1:
        principal = rng.randrange(opening + 1)
    defaults = min(opening - principal, rng.choice((0, 0, opening // 100, opening // 10)))
    closing = opening - principal - defaults
    late = closing // rng.choice((200, 50, 15, 6))
    report = {
        "pool_closing": closing,
        "pool_month_openings": opening,
        "principal": principal,
        "interest": rng.choice((0, opening // 400, opening // 100, opening // 30)),
        "recoveries": rng.choice((0, defaults // 3, opening // 300)),
        "other": rng.choice((0, 0, rng.randrange(10**5))),
        "defaults": defaults,
        "delinquent_30": late,
        "delinquent_60": late // 2,
        "delinquent_90": late // 4,
        "default_declared": int(rng.random() < 0.03),
        "index.base": rng.randrange(6 * 10**10),
        "input.claims": rng.choice((0, 0, 10**5, 10**7)),
        "input.swap": rng.choice((0, rng.randrange(10**6))),
    }
    if closing <= original * 3 // 10 and period > 3 and rng.random() < 0.3:
        report |= {"call.clean_up": 1, "call.price": closing + rng.randrange(10**5)}
    return report


def _ranks(rng: Random) -> list[list[str]]:
    """Classes by rank; those of one rank share."""
    names = iter("ABCDEF")
    return [[next(names) for _ in range(rng.choice((1, 1, 1, 2)))] for _ in range(rng.randrange(1, 4))]


def _tranche(rng: Random, name: str, number: int) -> Raw:
    face = rng.choice((1, rng.randrange(1, 1000), rng.randrange(10**6, 10**9), rng.randrange(10**9, 10**12)))
    coupon: Any = f"0.{rng.randrange(1200):04d}"
    if rng.random() < 0.2:
        coupon = {"index": "base", "spread": "0.0100", "cap": "0.06"}
    elif rng.random() < 0.2:
        coupon = {"rate": "min(0.05, collections.interest * 12 / pool.month_openings)"}
    made: Raw = {
        "tranche": name,
        "rank": "senior" if number == 0 else "subordinated",
        "face": face,
        "coupon": coupon,
        "day_count": rng.choice(DAY_COUNTS),
        "interest_on_shortfall": rng.choice(("none", "coupon")),
    }
    if rng.random() < 0.3:
        made["targets"] = sorted((rng.randrange(face + 1) for _ in range(6)), reverse=True)
    if rng.random() < 0.3:
        made["final_maturity"] = f"2026-{rng.randrange(4, 12):02d}-15"
    return made


def _fees(rng: Random) -> Raw:
    fees: Raw = {"servicing": {"payee": "servicer", "amount": f"0.{rng.randrange(300):04d} * pool.month_openings / 12"}}
    trustee: Raw = {"payee": "trustee", "amount": "money(100.00) * months + input.claims", "carry": rng.random() < 0.8}
    if rng.random() < 0.6:
        trustee["cap"] = f"money({rng.randrange(200)}.50)"
    if rng.random() < 0.6:
        trustee["year_cap"] = f"money({rng.randrange(5000)}.00)"
    return fees | {"trust": trustee}


def _quantities(reserve: bool) -> Raw:
    target = "when(last or test.covers, 0, max(0.01 * pool.closing, 0.002 * pool.initial))"
    return {
        "collected": "pool.opening - pool.closing",
        "reserve_target": target if reserve else "0 * pool.closing",
        "oc_target": "max(table.oc[period] * pool.closing - reserve_target, 0.02 * pool.initial)",
        "required": "when(last or test.covers, 0, max(0, pool.closing - oc_target))",
        "step_down": "max(0, min(collected, required - max(0, notes.opening - collected)))",
    }


def _triggers(rng: Random) -> Raw:
    late: Raw = {"when": "(pool.delinquent_60 + pool.delinquent_90) / pool.opening > 0.05", "mode": "accelerated"}
    if rng.random() < 0.5:
        late["cure"] = "(pool.delinquent_60 + pool.delinquent_90) / pool.opening <= 0.02"
    return {
        "late": late,
        "losses": {"when": "pool.defaults_total - pool.recoveries_total > 0.10 * pool.initial", "at": "after"},
        "missed": {"when": "A.interest_due > 0", "at": "after", "mode": "default"},
    }


def _step(name: str, kind: str, **rest: Any) -> Raw:
    return {"step": name, "kind": kind, **{key.rstrip("_"): value for key, value in rest.items()}}


def _normal(rng: Random, ranks: list[list[str]], sources: list[str]) -> list[Raw]:
    """The usual order, each part by chance."""
    reserve = len(sources) > 1
    steps = [_step("n_fees", "fee", pay=["servicing", "trust"], how=rng.choice(("pro-rata", "sequential")))]
    steps.append(_step("n_vat", "tax", pay="vat", from_=sources))
    if reserve:
        steps.insert(0, _step("n_pays_off", "draw", from_="reserve", to="available", when="test.covers"))
    above = ""
    for number, rank in enumerate(ranks):
        above += "".join(f"{' + ' if above or n else ''}{name}.balance" for n, name in enumerate(rank))
        steps.append(_step(f"n_interest{number}", "interest", pay=rank, how="pro-rata", from_=sources))
        if rng.random() < 0.6:
            amount = f"{above} - pool.closing"
            seniors = [name for one in ranks[: number + 1] for name in one]
            steps.append(_step(f"n_parity{number}", "principal", pay=seniors, amount=amount, from_=sources))
        for name in rank:
            if rng.random() < 0.3:
                steps.append(_step(f"n_end{name}", "principal", pay=name, when=f"{name}.matured", from_=sources))
    paid = " + ".join(f"{one['step']}.paid" for one in steps if one["kind"] == "principal")
    amount = f"collected - step_down - ({paid})" if paid else "collected - step_down"
    steps.append(_step("n_regular", "principal", pay="notes", amount=amount))
    if reserve:
        steps.append(_step("n_refill", "top-up", to="reserve", amount="reserve_target"))
    steps.append(_step("n_turbo", "principal", pay="notes", amount="notes.balance - required"))
    steps.append(_step("n_above", "fee-above-cap", pay="trust"))
    if reserve:
        excess = "reserve.balance - reserve_target"
        steps.append(_step("n_release", "release", from_="reserve", to="available", amount=excess))
    if rng.random() < 0.7:
        loss = [name for rank in reversed(ranks) for name in reversed(rank)]
        steps.append(_step("n_loss", "write-down", pay=loss, amount="notes.balance - pool.closing"))
        steps.append(_step("n_gain", "write-up", pay=loss[::-1], amount="pool.closing - notes.balance"))
    steps.append(_step("n_spare", "let", amount="available.balance - input.claims"))
    steps.append(_step("n_fixed", "pay", payee="trustee", amount="max(0, n_spare) / 10"))
    steps.append(_step("n_rest", "residual", **rng.choice(({"payee": "owner"}, {"pay": ranks[-1][-1]}))))
    return steps


def _accelerated(rng: Random, ranks: list[list[str]], reserve: bool) -> list[Raw]:
    """Rank by rank, interest before principal; caps no longer hold."""
    steps = [_step("a_draw", "draw", from_="reserve", to="available")] if reserve else []
    steps += [_step("a_fees", "fee", pay=["servicing", "trust"]), _step("a_above", "fee-above-cap", pay="trust")]
    steps.append(_step("a_vat", "tax", pay="vat"))
    for number, rank in enumerate(ranks):
        steps.append(_step(f"a_interest{number}", "interest", pay=rank))
        how = rng.choice(("pro-rata", "sequential"))
        steps.append(_step(f"a_principal{number}", "principal", pay=rank, how=how))
    steps.append(_step("a_rest", "residual", payee="owner"))
    return steps


def _default(rng: Random, ranks: list[list[str]], reserve: bool) -> list[Raw]:
    """Interest of all ranks first, then their principal."""
    steps = [_step("d_draw", "draw", from_="reserve", to="available")] if reserve else []
    steps += [_step("d_vat", "tax", pay="vat"), _step("d_fees", "fee", pay=["trust", "servicing"], how="sequential")]
    steps += [_step(f"d_interest{number}", "interest", pay=rank) for number, rank in enumerate(ranks)]
    steps += [_step(f"d_principal{number}", "principal", pay=rank, how="pro-rata") for number, rank in enumerate(ranks)]
    if rng.random() < 0.5:
        steps.append(_step("d_above", "fee-above-cap", pay="trust"))
    steps.append(_step("d_rest", "residual", payee="owner"))
    return steps
