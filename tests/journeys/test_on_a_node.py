"""The same journey on a node instead of the embedded chain: anvil, by its URL; and the ways a node can be wrong."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from program import FILING, PASSPHRASE, WORK, Abst, deployer, onboard

from abst import demo_data
from abst.bootstrap import read_config
from abst.chain.node import NodeChain
from rpc_proxy import error, proxied

sys.path.append(str(Path(__file__).parents[1] / "chain"))

import anvil

pytestmark = pytest.mark.slow
OPS, CHECKER = "operations-1", "compliance-1"
CHAIN_ID = 31337


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with anvil.running("--chain-id", str(CHAIN_ID)) as address:
        yield address


@pytest.fixture
def abst(tmp_path: Path) -> Abst:
    return Abst(tmp_path / "home")


def init(abst: Abst, url: str, *more: str | Path, exit: int = 0) -> Any:
    words = ("init", "--chain-url", url, "--chain-id", str(CHAIN_ID), "--keystore-work", WORK)
    return abst(*words, *more, exit=exit)


@pytest.mark.prove
def test_a_token_s_life_on_a_node(abst: Abst, url: str) -> None:
    """Given a node's URL and an account that can pay, a filing should become tokens that move, stop, and verify."""
    made = init(abst, url, "--deployer", deployer(abst)).result
    assert made["chain_id"] == CHAIN_ID
    assert abst("chain", "show").result["chain_id"] == CHAIN_ID
    _file(abst)
    lists = Path(demo_data.__file__).parent / "lists"
    for source, names in demo_data.LISTS:
        abst("screening", "load", *(lists / name for name in names), "--source", source, "--as", OPS)
    for reference in ("alpha", "beta"):
        onboard(abst, reference)
    assert abst("investor", "admit", "--as", OPS).result["admitted"] == 2
    table = abst.file("mint.csv", "investor,amount\nalpha,1000000\nbeta,2000000\n")
    abst.approve(abst("mint", "JSD-A1", "--file", table, "--as", OPS, exit=7), CHECKER)
    transfer = ("transfer", "alpha", "beta", "10000", "JSD-A1", "--request", "req-move")
    assert abst(*transfer).result == abst(*transfer).result
    _blocks_by_the_second(abst, url)
    rows = {row["investor"]: row for row in abst("holders", "JSD-A1").result["rows"]}
    assert (rows["alpha"]["balance"], rows["alpha"]["frozen"]) == ("980000", "980000")
    assert rows["beta"]["balance"] == "2020000"
    assert abst("transfer", "alpha", "beta", "10000", "JSD-A1", exit=3).reasons == ["frozen"]
    assert abst("why", "alpha", "beta", "10000", "JSD-A1", exit=3).result["agrees"]
    assert abst("chain", "warp", "1d", exit=2).result["error"]  # a node keeps its own time
    assert abst("verify").result == {"ok": True, "differences": []}


def _file(abst: Abst) -> None:
    dossier, deal = (
        abst.file("d.yaml", demo_data.text("dossier.yaml").replace("chain_id: 20_260_206", f"chain_id: {CHAIN_ID}")),
        abst.file("t.yaml", demo_data.text("deal.yaml")),
    )
    abst("filing", "new", dossier, "--deal", deal, "--as", OPS)
    abst("filing", "submit", FILING, "--as", OPS)
    paper = ("--evidence", abst.evidence())
    abst.approve(abst("filing", "effective", FILING, *paper, "--as", OPS, exit=7), CHECKER)
    assert len(abst("token", "create", FILING, "--as", OPS).result["tokens"]) == 3
    assert all(row["ok"] for row in abst("token", "attest", FILING).result["tokens"])


def _blocks_by_the_second(abst: Abst, url: str) -> None:
    """Receipts do not come at once any more: acts wait for them, and end as before."""
    node = NodeChain(url)
    node._ask("evm_setAutomine", False)
    node._ask("evm_setIntervalMining", 1)
    try:
        abst("transfer", "alpha", "beta", "10000", "JSD-A1")
        frozen = abst("freeze", "alpha", "980000", "JSD-A1", "--evidence", abst.evidence(), "--as", OPS, exit=7)
        abst.approve(frozen, CHECKER)
    finally:
        node._ask("evm_setIntervalMining", 0)
        node._ask("evm_setAutomine", True)


def test_a_node_of_another_chain_is_refused_before_anything_is_made(abst: Abst, url: str) -> None:
    """Given another chain id than the node's, init should exit 5 with both, and the next, right one should work."""
    words = ("init", "--chain-url", url, "--chain-id", "7", "--keystore-work", WORK)
    told = abst(*words, exit=5).result
    assert (told["found"], told["needed"]) == (f"chain id {CHAIN_ID}", "chain id 7")
    assert not abst.home.exists()


def test_a_deployer_who_cannot_pay_is_told_what_to_do(abst: Abst, url: str) -> None:
    """Given no account, or one without ether, init should exit 5, name the option, and make nothing."""
    told = init(abst, url, exit=5).result
    assert (told["found"], told["needed"].split()[0]) == ("no deployer's key", "--deployer")
    poor = Account.encrypt("0x" + "17" * 32, PASSPHRASE, kdf="scrypt", iterations=int(WORK))
    told = init(abst, url, "--deployer", abst.file("poor.json", json.dumps(poor)), exit=5).result
    assert told["found"].endswith("holds 0 wei")
    assert not abst.home.exists()


def test_a_network_without_fees_asks_for_no_ether(abst: Abst) -> None:
    """Given a zero base fee and a zero gas price, init should need no account that holds anything, and an act none."""
    with anvil.running("--chain-id", str(CHAIN_ID), "--base-fee", "0", "--disable-min-priority-fee") as free:
        made = init(abst, free).result
        node = NodeChain(free)
        assert {node.balance(officer["address"]) for officer in made["officers"]} == {0}
        abst("screening", "load", *_list(), "--as", OPS)
        assert abst("verify").result["ok"]


def _list() -> tuple[str | Path, ...]:
    source, names = demo_data.LISTS[0]
    return *(Path(demo_data.__file__).parent / "lists" / name for name in names), "--source", source


def test_several_nodes_of_one_network(abst: Abst, url: str) -> None:
    """Given two URLs, both should stand in the home; with the first one gone, everything should go on."""
    with proxied(url) as first, proxied(url) as second:
        init(abst, first.url, "--chain-url", second.url, "--deployer", deployer(abst))
        assert read_config(abst.home).chain_urls == (first.url, second.url)
        with first.gone():
            assert abst("verify").result["ok"]
            init(abst, first.url, "--chain-url", second.url)
        init(abst, second.url, exit=8)  # the home has others


@pytest.mark.prove
def test_a_finality_that_the_network_does_not_know_is_refused(abst: Abst, url: str) -> None:
    """Given `finalized` where no block is, as on a network of Besu's own, init should exit 5 and make nothing."""
    with proxied(url) as proxy:
        proxy.script(error("Unknown block", -39001), "eth_getBlockByNumber", after=3)  # after those of joining
        told = init(abst, proxy.url, "--finality", "finalized", exit=5).result
        assert "no block that it is final" in told["error"]
        assert init(abst, proxy.url, "--finality", "soon", exit=2).result["where"] == "--finality"
        assert not abst.home.exists()
        init(abst, proxy.url, "--finality", "finalized", "--deployer", deployer(abst))
        assert read_config(abst.home).finality == "finalized"


def test_a_wrong_keystore_of_the_deployer(abst: Abst, url: str) -> None:
    """Given no such file, or one that the passphrase does not open, init should exit 4 or 9 and make nothing."""
    init(abst, url, "--deployer", abst.home.parent / "none.json", exit=4)
    other = Account.encrypt(anvil.DEV_KEY, "other words", kdf="scrypt", iterations=int(WORK))
    init(abst, url, "--deployer", abst.file("other.json", json.dumps(other)), exit=9)
    assert not abst.home.exists()


def test_a_node_that_went_away_or_was_replaced(abst: Abst) -> None:
    """Given a node that ended, every command should exit 5; so it should with another node at the same place."""
    with anvil.running("--chain-id", str(CHAIN_ID)) as first:
        init(abst, first, "--deployer", deployer(abst))
        assert abst("verify").result["ok"]
        other = Account.encrypt("0x" + "17" * 32, PASSPHRASE, kdf="scrypt", iterations=int(WORK))
        init(abst, first, "--deployer", abst.file("other.json", json.dumps(other)), exit=8)
        init(abst, first)
    for words in (["today"], ["verify"], ["chain", "show"], ["filing", "list"]):
        told = abst(*words, exit=5)
        assert told.result["error"] == "the node does not answer"
    init(abst, first, exit=5)  # and finishing a home that is begun needs the node too
    with anvil.running("--chain-id", str(CHAIN_ID), "--timestamp", "1800000000") as second:
        _point_to(abst, first, second)
        assert "does not fit the store" in abst("today", exit=5).result["error"]
    with anvil.running("--chain-id", "7") as third:
        _point_to(abst, second, third)
        assert "another chain" in abst("today", exit=5).result["error"]


def _point_to(abst: Abst, old: str, new: str) -> None:
    config = abst.home / "config.toml"
    config.write_text(config.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
