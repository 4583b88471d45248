"""The whole way of a mint with keys that never come here: deployer, issuer and gatekeeper at an external signer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from program import FILING, WORK, Abst, onboard

import web3signer
from abst import demo_data
from abst.keys import LocalSigner

pytestmark = pytest.mark.slow
OPS, CHECKER = "operations-1", "compliance-1"
KEYS = {"deployer": b"\x21" * 32, OPS: b"\x22" * 32, CHECKER: b"\x23" * 32}


@pytest.fixture
def server() -> Iterator[web3signer.Running]:
    with web3signer.running(list(KEYS.values())) as one:
        yield one


@pytest.fixture
def abst(tmp_path: Path) -> Abst:
    return Abst(tmp_path / "home")


def external(url: str, *names: str) -> list[str]:
    return [word for name in names for word in ("--external", f"{name}={url}#{LocalSigner(KEYS[name]).address}")]


def test_a_mint_by_keys_that_are_elsewhere(abst: Abst, server: web3signer.Running) -> None:
    """Given officers at an external signer, a filing should become tokens; no key and no approval is made here."""
    made = abst("init", "--keystore-work", WORK, *external(server.url, *KEYS)).result
    by_name = {officer["name"]: officer["address"] for officer in made["officers"]}
    assert {name: by_name[name] for name in (OPS, CHECKER)} == {
        name: LocalSigner(KEYS[name]).address for name in (OPS, CHECKER)
    }
    kept = {file.stem for file in (abst.home / "keys").iterdir()}
    assert kept.isdisjoint(KEYS)
    assert all(row["key_here"] for row in abst("officer", "list").result)
    _file(abst, server)
    onboard(abst, "alpha")
    assert abst("investor", "admit", "--as", OPS).result["admitted"] == 1
    table = abst.file("mint.csv", "investor,amount\nalpha,1000000\n")
    waiting = abst("mint", "JSD-A1", "--file", table, "--as", OPS, exit=7)
    _nothing_half_done(abst, server, waiting.result["proposal"])
    rows = abst("holders", "JSD-A1").result["rows"]
    assert [(row["investor"], row["balance"]) for row in rows] == [("alpha", "1000000")]
    assert abst("verify").result == {"ok": True, "differences": []}
    _no_secret_anywhere(abst)


def _file(abst: Abst, server: web3signer.Running) -> None:
    lists = Path(demo_data.__file__).parent / "lists"
    for source, names in demo_data.LISTS:
        abst("screening", "load", *(lists / name for name in names), "--source", source, "--as", OPS)
    dossier, deal = (abst.file(name, demo_data.text(name)) for name in ("dossier.yaml", "deal.yaml"))
    abst("filing", "new", dossier, "--deal", deal, "--as", OPS)
    submit = ("filing", "submit", FILING, "--as", OPS, "--request", "submit-it")
    server.fault("wrong-key", 9)  # where a transaction is signed
    assert "not our signature" in abst(*submit, exit=6).result["error"]
    server.fault("broken", 9)
    abst(*submit, exit=7)
    (waiting,) = [row for row in abst("ops", "list").result if row["state"] == "pending"]
    assert "external signer does not sign" in waiting["reason"]
    server.fault("", 0)
    assert abst(*submit).result == abst(*submit).result
    effective = ("filing", "effective", FILING, "--evidence", abst.evidence(), "--as", OPS)
    abst.approve(abst(*effective, exit=7), CHECKER)
    assert len(abst("token", "create", FILING, "--as", OPS).result["tokens"]) == 3


def _nothing_half_done(abst: Abst, server: web3signer.Running, proposal: str) -> None:
    """The approval with a signer that fails in every way: told, and the same approval later mints once."""
    approve = ("approve", proposal, "--as", CHECKER, "--request", "approve-it")
    for kind, code in (("forget", 5), ("broken", 5), ("garbage", 6), ("wrong-key", 6)):
        server.fault(kind, 9)
        assert abst(*approve, exit=code).result["error"]
        assert abst("holders", "JSD-A1").result["rows"] == []
    server.fault("", 0)
    done = abst(*approve).result
    assert abst(*approve).result == done


def _no_secret_anywhere(abst: Abst) -> None:
    """The home holds no key of theirs, in no file."""
    for file in abst.home.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            for key in KEYS.values():
                assert key not in content
                assert key.hex().encode() not in content


def test_init_asks_the_signer_first(abst: Abst, server: web3signer.Running) -> None:
    """A server that is not there, has not the key, or is for nobody, and words that are none: nothing is made."""
    init = ("init", "--keystore-work", WORK)
    told = abst(*init, *external("http://127.0.0.1:1", OPS), exit=5).result
    assert (told["error"], told["where"]) == (f"the external signer of {OPS} does not answer", "http://127.0.0.1:1")
    stranger = LocalSigner(b"\x24" * 32).address
    told = abst(*init, "--external", f"{OPS}={server.url}#{stranger}", exit=5).result
    assert (told["found"], told["needed"]) == ("3 other keys", stranger)
    nobody = f"nobody={server.url}#{LocalSigner(KEYS[OPS]).address}"
    for words in (nobody, "operations-1", f"{OPS}={server.url}", f"{OPS}={server.url}#0x12"):
        abst(*init, "--external", words, exit=2)
    assert not abst.home.exists()


@pytest.mark.prove
def test_an_officer_comes_with_a_key_that_is_elsewhere(abst: Abst, server: web3signer.Running) -> None:
    """Named in [signers], he needs no keystore; a second init with the same words finds the home as it is."""
    words = ("init", "--keystore-work", WORK, "--admin-delay", "0", *external(server.url, OPS))
    assert abst(*words).result == abst(*words).result
    held = LocalSigner(KEYS[CHECKER]).address
    config = abst.home / "config.toml"
    with config.open("a", encoding="utf-8") as file:
        file.write(f'\n[signers.third-checker]\nurl = "{server.url}"\naddress = "{held}"\n')
    new = abst("officer", "new", "third-checker", "--role", "checker", "--as", OPS, exit=7)
    assert new.result["address"] == held
    abst.approve(new, "compliance-2")
    assert "third-checker" in [row["name"] for row in abst("officer", "list").result]
    assert not (abst.home / "keys" / "third-checker.json").exists()
