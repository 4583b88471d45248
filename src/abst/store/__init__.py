"""The store: engine, unit of work, column types and migrations. Each room owns its tables.py.

`Store(url)` opens no connection by itself. A change is one `with store.begin() as session`, a look one
`with store.read() as session`. Tables derive from `Base`; their history is in migrations/versions.
"""

from abst.store.engine import RESTORED, Store
from abst.store.tables import Base, JsonText, Meta, Number, Second, Whole, Written, get_meta, set_meta

__all__ = [
    "RESTORED",
    "Base",
    "JsonText",
    "Meta",
    "Number",
    "Second",
    "Store",
    "Whole",
    "Written",
    "get_meta",
    "set_meta",
]
