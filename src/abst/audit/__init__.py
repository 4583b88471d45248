"""The audit log: append-only, each entry hashed over the one before. Entries carry ids and keyed hashes only."""

from abst.audit.log import Head, append, entries, head, verify
from abst.audit.tables import Entry

__all__ = ["Entry", "Head", "append", "entries", "head", "verify"]
