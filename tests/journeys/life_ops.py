"""Operations that a person decides on, by the program."""

from __future__ import annotations

from program import PASSPHRASE, Abst

from abst import bootstrap
from abst.chain.deploy import transaction, wait_for
from abst.values import Address

OPS, OPS_2, CHECKER = "operations-1", "operations-2", "compliance-1"
SENDS = ("document", "base", "1", "https://example.org/moved/", "--as", OPS, "--request")


def decide(abst: Abst) -> None:
    """A key used elsewhere stops its lane; what waited is rejected or goes on; the chain contradicts what is not so."""
    _use_elsewhere(abst, OPS)
    for request in ("stopped-1", "stopped-2"):
        abst(*SENDS, request, exit=7)
    (one,), (two,) = (abst("ops", "show", request, exit=0).result["intents"] for request in ("stopped-1", "stopped-2"))
    assert {row["state"] for row in (one, two)} == {"needs_attention"}
    assert "abst ops lift" in one["next_step"]
    assert [row["signer"] for row in abst("ops", "lanes").result if row["halt"]] == [OPS]
    paper = ("--evidence", abst.evidence("looked into it"), "--as")
    abst("ops", "resolve", one["intent"], *paper, OPS, exit=2)
    abst("ops", "resolve", one["intent"], "--done", "0x12", *paper, OPS, exit=2)
    abst("ops", "resolve", one["intent"], "--done", "0x" + "12" * 32, *paper, OPS, exit=8)
    told = abst("ops", "resolve", one["intent"], "--reject", *paper, OPS).result
    assert (told["choice"], told["state"]) == ("reject", "rejected")
    abst("ops", "show", "stopped-1", exit=3)
    abst("ops", "lift", OPS, *paper, OPS_2, exit=9)
    assert abst("ops", "lift", OPS, *paper, CHECKER).result["known"]
    assert not [row for row in abst("ops", "lanes").result if row["halt"]]
    abst(*SENDS, "stopped-2")
    assert abst("ops", "show", "stopped-2").result["outcome"] == "done"


def _use_elsewhere(abst: Abst, name: str) -> None:
    """A transfer of nothing by an officer's key, past the program."""
    office = bootstrap.open_office(abst.home, lambda _: PASSPHRASE)
    try:
        signer, chain = office.keys.signer_named(name), office.chain
        assert signer is not None
        to, nonce = Address(signer.address), chain.nonce(signer.address)
        tx = transaction(chain, nonce=nonce, to=to, gas=21_000, fees=chain.gas_price())
        wait_for(chain, chain.send_raw(signer.sign_transaction(tx).raw))
    finally:
        office.close()
