"""Two plans beside each other: filings, their versions, or files (R-42)."""

from __future__ import annotations

from typing import Any

from abst.chain.office import Office
from abst.deal import Deal
from abst.errors import NotFound, UsageError
from abst.filing import records
from abst.filing.desk import token_code
from abst.filing.dossier import Dossier
from abst.filing.tables import FilingVersion
from abst.reports.differences import Change, compare
from abst.values import hash_of

MOST = 10**6  # versions of one filing


def of_files(dossier: str, deal: str) -> dict[str, Any]:
    """The content of a pair of files, with this program's code. Raises UsageError, Refused when malformed."""
    return _content(dossier, deal) | {"code": {"hash": hash_of(token_code())}}


def of_filing(office: Office, word: str) -> dict[str, Any]:
    """The content of ``FILING`` or ``FILING@VERSION`` as stored, with the code it was filed with. Raises NotFound."""
    name, _, number = word.partition("@")
    if number and not (number.isascii() and number.isdigit() and int(number) < MOST):
        raise UsageError("not a version", found=repr(number), needed="FILING@NUMBER", where=word)
    with office.store.read() as session:
        filing = records.get(session, name)
        version = session.get(FilingVersion, (filing.id, int(number) if number else filing.version))
    if version is None:
        raise NotFound("no such version", found=number, needed=f"1 to {filing.version}", where=f"filing {filing.id}")
    return _content(version.dossier, version.deal) | {"code": {"hash": version.plan["code_hash"]}}


def _content(dossier: str, deal: str) -> dict[str, Any]:
    return {
        "deal": Deal.read(deal).model_dump(mode="python", by_alias=True),
        "dossier": Dossier.read(dossier).content,
    }


def diff(office: Office, first: dict[str, Any], second: dict[str, Any]) -> list[Change]:
    """Every difference, material ones by the rulebook's setting (R-42); those of the code are."""
    return compare(first, second, office.rulebook.words("R-42", "material"))
