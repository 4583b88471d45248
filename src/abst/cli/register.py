"""`abst register`: an existing register of holders, loaded whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import EvidenceFile, answer, evidence, house, read, units
from abst.cli.envelope import Answer
from abst.cli.shape import AMOUNT, COUNT, HASH, TEXT, record

NOUN = Noun("register", "An existing register of holders: loaded whole, tied to its control totals.")


@NOUN.command(
    "load",
    example="abst register load register.csv --token JSD-A1 --rows 2 --total 30000 --evidence certificate.txt "
    "--as operations-1",
    result=record(
        proposal=TEXT,
        hash=HASH,
        token=TEXT,
        lots=COUNT,
        dropped=COUNT,
        rows=COUNT,
        allocated=COUNT,
        total=AMOUNT,
    ),
)
def load(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV: investor (or wallet), amount; perhaps lot, lock (a date).")
    ],
    token: Annotated[str, typer.Option("--token", metavar="TOKEN", help="Symbol, address, or FILING:TRANCHE.")],
    rows: Annotated[int, typer.Option("--rows", metavar="N", min=1, help="Rows, as its keeper states.")],
    total: Annotated[str, typer.Option("--total", metavar="UNITS", help="Units in all, as its keeper states.")],
    evidence_file: EvidenceFile,
) -> Answer:
    """Propose to mint a whole existing register, all rows or none; a gatekeeper approves (R-58, R-61)."""
    from abst.issuance import load as loading

    content = read(file, "FILE")
    with house(context) as (call, office):
        command = loading.LoadRegister(
            officer=call.act_as(),
            request=call.request_id(),
            token=token,
            content=content,
            rows=rows,
            total=units(total, "--total"),
            evidence=evidence(evidence_file),
        )
        result = loading.load(office, command)
    return answer(result)
