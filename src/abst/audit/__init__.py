"""The audit log: append-only, each entry hashed over the one before. Entries carry ids and keyed hashes only."""

from abst.audit.log import (
    DECISIONS,
    Head,
    append,
    content_of,
    entries,
    head,
    is_of_the_first_form,
    link,
    name,
    name_the_rest,
    older_until,
    verify,
)
from abst.audit.tables import Entry

__all__ = [
    "DECISIONS",
    "Entry",
    "Head",
    "append",
    "content_of",
    "entries",
    "head",
    "is_of_the_first_form",
    "link",
    "name",
    "name_the_rest",
    "older_until",
    "verify",
]
