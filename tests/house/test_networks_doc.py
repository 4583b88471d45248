"""docs/networks.md cannot lie about us: its settings, its genesis and its methods are those of the code."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import rlp

from abst.bootstrap.configuration import CONFIG, read_config
from abst.chain import artifacts
from abst.chain.api import DEFAULT_CHAIN_ID
from abst.chain.compiler import SETTINGS
from abst.chain.nodes import NodeSettings
from abst.chain.sender import SenderSettings
from abst.keys import External

ROOT = Path(__file__).parents[2]
DOC = (ROOT / "docs" / "networks.md").read_text(encoding="utf-8")
GENESIS = json.loads((ROOT / "docs" / "networks" / "genesis-qbft.json").read_text(encoding="utf-8"))
CHAIN = ROOT / "src" / "abst" / "chain"


def defaults(kind: Any, table: str) -> dict[str, str]:
    return {
        f"{table}.{one.name}": ""
        if isinstance(one.default, str) or not isinstance(one.default, int)
        else str(one.default)
        for one in fields(kind)
    }


def test_every_setting_is_in_the_table_with_its_default() -> None:
    """And no other: a key that is read but not told, or told but not read, fails."""
    rows = re.findall(r"^\| `([\w.]+)` \| (\d*) ?\| .+ \|$", DOC.split("<!-- settings -->")[1], flags=re.M)
    written = {
        "chain.path": "",
        "chain.urls": "",
        "chain.id": "",
        "chain.finality": "0",
        "store.url": "",
        **defaults(NodeSettings, "chain"),
        **defaults(SenderSettings, "sender"),
        **defaults(External, "signers.NAME"),
    }
    assert dict(rows) == written


def test_the_example_is_read(tmp_path: Path) -> None:
    """As it stands, by the program itself."""
    (example,) = re.findall(r"```toml\n(registry_id.+?)```", DOC, flags=re.S)
    (tmp_path / CONFIG).write_text(example, encoding="utf-8")
    found = read_config(tmp_path)
    assert (found.sender.in_flight, list(found.signers)) == (128, ["operations-1"])


def test_the_genesis_fits_the_contracts() -> None:
    """Fork, sizes and gas; no fees; four validators; what QBFT demands."""
    config = GENESIS["config"]
    assert config["chainId"] == DEFAULT_CHAIN_ID
    assert (config["londonBlock"], config["shanghaiTime"], config["cancunTime"]) == (0, 0, 0)
    assert SETTINGS["evmVersion"] == "cancun"
    assert config["zeroBaseFee"] is True
    assert "contractSizeLimit" not in config
    names = [file.stem for file in (CHAIN / "artifacts").glob("*.json")]
    assert max(len(artifacts.load(name).bytecode) for name in names) < 24_576
    gas = json.loads((ROOT / "docs" / "gas.json").read_text(encoding="utf-8"))
    limit = int(GENESIS["gasLimit"], 16)
    assert limit // SenderSettings().lot_gas == 8
    assert gas["three tranches in one transaction"] < 11_000_000 < 2**24 < limit
    assert SenderSettings().lot_gas * 6 // 5 < 2**24
    assert GENESIS["difficulty"] == "0x1"
    assert bytes.fromhex(GENESIS["mixHash"][2:]) == b"ctical byzantine fault tolerance"
    vanity, validators, votes, round_, seals = rlp.decode(bytes.fromhex(GENESIS["extraData"][2:]))
    assert (vanity, votes, round_, seals) == (bytes(32), [], b"", [])
    assert len(validators) == 4
    assert validators == sorted(validators)
    assert set(config["qbft"]) == {"blockperiodseconds", "epochlength", "requesttimeoutseconds"}
    assert config["qbft"]["requesttimeoutseconds"] == 2 * config["qbft"]["blockperiodseconds"]


def test_the_methods_are_those_we_call() -> None:
    """What the nodes must serve, no more and no less."""
    sources = "".join((CHAIN / name).read_text(encoding="utf-8") for name in ("node.py", "nodes.py", "rpc.py"))
    told = DOC.split("### What we ask a node")[1].split("###")[0]
    assert set(re.findall(r"`(eth_\w+)`", told)) == set(re.findall(r'"(eth_\w+)"', sources))


def test_every_key_of_the_genesis_is_explained() -> None:
    explained = DOC.split("### Genesis")[1].split("### No fees")[0]
    keys = {*GENESIS["config"], "gasLimit", "alloc", "difficulty", "mixHash", "extraData"} - {"qbft"}
    keys |= {f"qbft.{key}" for key in GENESIS["config"]["qbft"]}
    assert {key for key in keys if f"`{key}`" not in explained} == set()
