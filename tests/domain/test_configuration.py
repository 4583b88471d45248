"""config.toml: what it may say, read strictly, and written as it is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from abst.bootstrap.configuration import CONFIG, Config, read_config, write_config
from abst.chain.nodes import NodeSettings
from abst.chain.sender import SenderSettings
from abst.errors import Unavailable, UsageError
from abst.keys import External
from abst.values import Address, Hash

ID = "0x" + "ab" * 32
HEAD = f'registry_id = "{ID}"\nzone = "Asia/Hong_Kong"\n'
STORE = '[store]\nurl = "sqlite:///registry.db"\n'
ADDRESS = Address("0x" + "00" * 19 + "01")


def home_with(folder: Path, text: str) -> Path:
    (folder / CONFIG).write_text(text, encoding="utf-8")
    return folder


def test_a_home_of_an_earlier_release_is_read(tmp_path: Path) -> None:
    """One `url`, no sections but chain and store; and an embedded chain by its path."""
    chain = '[chain]\nurl = "http://127.0.0.1:8545"\nid = 31337\nfinality = 2\n\n'
    found = read_config(home_with(tmp_path, HEAD + chain + STORE))
    assert (found.chain_urls, found.chain_id, found.finality) == (("http://127.0.0.1:8545",), 31337, 2)
    embedded = read_config(home_with(tmp_path, HEAD + '[chain]\npath = "chain.db"\nid = 7\nfinality = 0\n' + STORE))
    assert (embedded.chain_path, embedded.chain_urls) == ("chain.db", ())
    assert (embedded.node, embedded.sender, embedded.signers) == (NodeSettings(), SenderSettings(), {})
    assert embedded.store_at(tmp_path) == f"sqlite:///{(tmp_path / 'registry.db').resolve()}"


def test_everything_may_be_set(tmp_path: Path) -> None:
    """Several nodes, the finalized tag, how they are reached, the sender, keys that are elsewhere."""
    text = (
        HEAD
        + '[chain]\nurls = ["https://a:1", "https://b:2"]\nid = 5\nfinality = "finalized"\ntimeout = 9\nbehind = 1\n'
        + 'stale = 60\nevery = 2\nauthority = "ca.pem"\ncertificate = "/etc/me.pem"\ntoken = "jwt"\n'
        + STORE
        + "[sender]\nin_flight = 10\nbatch = 5\nbump_after = 60\nlease = 40\nlot_gas = 9000000\n"
        + f'[signers.operations-1]\nurl = "https://s:9000"\naddress = "{ADDRESS}"\nauthority = "ca.pem"\n'
    )
    found = read_config(home_with(tmp_path, text))
    ca = str(tmp_path / "ca.pem")
    assert found.finality == "finalized"
    assert found.node == NodeSettings(9, 1, 60, 2, ca, "/etc/me.pem", str(tmp_path / "jwt"))
    assert found.sender == SenderSettings(in_flight=10, batch=5, bump_after=60, lease=40, lot_gas=9_000_000)
    assert found.signers == {"operations-1": External("https://s:9000", ADDRESS, authority=ca)}


@pytest.mark.parametrize(
    ("text", "found", "needed", "where"),
    [
        (HEAD + STORE, "nothing", "a table [chain]", "chain"),
        (HEAD + "[chain]\nid = 1\n" + STORE, "neither", "path of the embedded chain, or urls of nodes", "chain"),
        (HEAD + '[chain]\npath = "x"\nurl = "http://a"\nid = 1\n' + STORE, "path and urls", "", "chain"),
        (HEAD + '[chain]\nurls = "http://a"\nid = 1\n' + STORE, '"http://a"', "a list of texts", "chain.urls"),
        (HEAD + '[chain]\npath = "x"\nid = "1"\n' + STORE, '"1"', "a whole number, at least 1", "chain.id"),
        (HEAD + '[chain]\npath = "x"\n' + STORE, "nothing", "a whole number", "chain.id"),
        (HEAD + '[chain]\npath = "x"\nid = 1\nfinality = "soon"\n' + STORE, '"soon"', "finalized", "chain.finality"),
        (HEAD + '[chain]\npath = "x"\nid = 1\nfinality = -1\n' + STORE, "-1", "finalized", "chain.finality"),
        (HEAD + '[chain]\npath = "x"\nid = 1\nfinalty = 1\n' + STORE, "an unknown name", "finality", "chain.finalty"),
        (HEAD + '[chain]\nurls = ["http://a"]\nid = 1\ntimeout = 0\n' + STORE, "0", "at least 1 second", "chain"),
        (HEAD + '[chain]\npath = "x"\nid = 1\n[store]\n', "nothing", "a text", "store.url"),
        (HEAD + '[chain]\npath = "x"\nid = 1\n' + STORE + "[sender]\nbatch = 0\n", "0", "at least 1", "sender"),
        (HEAD + '[chain]\npath = "x"\nid = 1\n' + STORE + "[sender]\nbatch = 1.5\n", "1.5", "whole", "sender.batch"),
        (
            HEAD + '[chain]\npath = "x"\nid = 1\n' + STORE + "[sender]\nfast = 1\n",
            "unknown",
            "in_flight",
            "sender.fast",
        ),
        (HEAD + '[chain]\npath = "x"\nid = 1\n' + STORE + "[signers]\nwu = 1\n", "1", "a table [wu]", "signers.wu"),
        (
            HEAD + '[chain]\npath = "x"\nid = 1\n' + STORE + '[signers.wu]\nurl = "http://s"\n',
            "nothing",
            "a text",
            "signers.wu.address",
        ),
        (
            HEAD + '[chain]\npath = "x"\nid = 1\n' + STORE + '[signers.wu]\nurl = "http://s"\naddress = "0x1"\n',
            "0x1",
            "0x and 40 hex digits",
            "signers.wu",
        ),
        (
            HEAD
            + '[chain]\npath = "x"\nid = 1\n'
            + STORE
            + f'[signers.wu]\nurl = "s"\naddress = "{ADDRESS}"\nkey = "k"\n',
            "an unknown name",
            "authority",
            "signers.wu.key",
        ),
        ('registry_id = "x', "", "TOML", ""),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, found: str, needed: str, where: str) -> None:
    """What was found, what would be right, and the table and name in the file; an unknown name is no less wrong."""
    with pytest.raises(UsageError) as told:
        read_config(home_with(tmp_path, text))
    assert told.value.message == "the configuration is malformed"
    assert found in told.value.found
    assert needed in told.value.needed
    assert told.value.where.startswith(f"{where} in " if where else str(tmp_path))
    assert str(tmp_path / CONFIG) in told.value.where


def test_no_home_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="there is no home here"):
        read_config(tmp_path)


texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=20)
names = st.from_regex("[a-z][a-z0-9-]{0,9}", fullmatch=True)
configs = st.builds(
    Config,
    registry_id=st.just(Hash(ID)),
    zone=texts,
    chain_path=st.just(""),
    chain_urls=st.lists(texts, min_size=1, max_size=3).map(tuple),
    chain_id=st.integers(1, 2**31),
    finality=st.integers(0, 100) | st.just("finalized"),
    store_url=texts,
    node=st.builds(NodeSettings, st.integers(1, 99), st.integers(0, 9), st.integers(0, 999), st.integers(1, 9)),
    sender=st.builds(SenderSettings, in_flight=st.integers(1, 999), batch=st.integers(1, 99)),
    signers=st.dictionaries(names, st.builds(External, texts, st.just(ADDRESS))),
)


@given(config=configs)
@settings(max_examples=60)
@example(Config(Hash(ID), 'a\x7f"\\\n', "", ("é元",), 1, 0, "x"))
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, config: Config) -> None:
    """Whatever the words: quotes, line ends, other scripts."""
    home = tmp_path_factory.getbasetemp()
    write_config(home, config)
    assert read_config(home) == config
