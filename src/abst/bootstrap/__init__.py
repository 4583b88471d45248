"""The only place that chooses: which chain, which store, which keys; it makes a home and opens an office in it.

A home is a folder: ``config.toml``, ``registry.db``, ``chain.db`` (embedded) and ``keys/``. Several homes may share one
store and chain: the officers' keys then lie apart (`join`).
"""

from abst.bootstrap.configuration import CONFIG, PASSPHRASES, Config, default_home, passphrases, read_config
from abst.bootstrap.making import ALLOC, DEFAULT_OFFICERS, Init, NewOfficer, init, join, move_key
from abst.bootstrap.opening import DEPLOYMENT, handlers, open_office, rulebook_of
from abst.bootstrap.staffing import DEPLOYER, WORK, AddOfficer, add_officer, give_gas

__all__ = [
    "ALLOC",
    "CONFIG",
    "DEFAULT_OFFICERS",
    "DEPLOYER",
    "DEPLOYMENT",
    "PASSPHRASES",
    "WORK",
    "AddOfficer",
    "Config",
    "Init",
    "NewOfficer",
    "add_officer",
    "default_home",
    "give_gas",
    "handlers",
    "init",
    "join",
    "move_key",
    "open_office",
    "passphrases",
    "read_config",
    "rulebook_of",
]
