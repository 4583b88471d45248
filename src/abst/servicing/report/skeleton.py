"""An empty report for the next period: what is known filled in, every figure of the servicer's a 0. Pure."""

from __future__ import annotations

from abst.servicing.report.file import SCHEMA
from abst.servicing.report.model import BUCKETS, Expected

ZERO = {"money": "0", "count": "0", "rate": '"0"', "flag": "false"}


def skeleton(expected: Expected) -> str:
    """The commented YAML of a report that is to be filled in."""
    opening = expected.opening if expected.stated_opening is None else expected.stated_opening
    unit = f"10^-{expected.decimals} {expected.currency}" if expected.decimals else expected.currency
    lines = [
        f"# Servicer's report for payment {expected.period} of {expected.deal}. Money is whole units of {unit}.",
        f"# Due by {expected.determination_date}. Figures of 0 are to be filled in.",
        f"schema: {SCHEMA}",
        f"deal: {expected.deal}",
        f"period: {expected.period}",
        f"currency: {expected.currency}",
        "corrects: 0                       # or the version of this period's report that this one takes the place of",
        f"collection: {{from: {expected.collection_from}, to: {expected.collection_to}}}",
        f"prepared: {{by: {_quoted(expected.servicer)}, on: {expected.today}}}",
        f"pool: {{opening: {opening}, closing: 0, loans: 0}}",
        "months:                           # principal: all of it; prepaid: a part of principal; defaults left unpaid",
    ]
    for number, month in enumerate(expected.months):
        first = opening if number == 0 else 0
        lines.append(
            f"  - {{month: {month:%Y-%m}, opening: {first}, principal: 0, prepaid: 0, interest: 0, defaults: 0, "
            "recoveries: 0, closing: 0}"
        )
    lines.append("delinquency:                      # at the end: 30 to 59 days past due, 60 to 89, 90 and more")
    lines += [f"  days_{days}: {{balance: 0, loans: 0}}" for days in BUCKETS]
    lines.append("other: 0                          # other cash of the period")
    lines += _own(expected)
    lines.append(
        "exposures: []                     # {kind: obligor or group, id: a code, balance: 0}, the largest ones"
    )
    lines.append('# tape: "0x..."                   # SHA-256 of the loan tape, where there is one')
    return "\n".join(lines) + "\n"


def _own(expected: Expected) -> list[str]:
    """What this deal's reports have besides: inputs, fixings, the rate, calls."""
    lines = []
    if expected.inputs:
        lines += ["inputs:", *(f"  {name}: {ZERO[unit]}  # {unit}" for name, unit in expected.inputs.items())]
    if expected.indices:
        lines += ["indices:                          # a year, as a fraction: 0.0432 is 4.32 %"]
        lines += [f'  {name}: "0"' for name in expected.indices]
    if expected.settlement:
        words = f"{expected.settlement} for 1 {expected.currency}, 8 decimals"
        lines.append(
            f'fx: {{rate: "0", source: "", on: {expected.today}}}  # {words}; who published it, and of which day'
        )
    if expected.calls:
        lines.append("calls: {" + ", ".join(f"{name}: false" for name in expected.calls) + "}")
        lines.append("call_price: 0                     # with a call that is exercised")
    return lines


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
