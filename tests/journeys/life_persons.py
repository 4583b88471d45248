"""Personal data in the life of a token, by the program: sessions, legal holds, erasure, and the vault's key."""

from __future__ import annotations

from program import WORK, Abst, investor_row

OPS, CHECKER = "operations-1", "compliance-1"


def look_after(abst: Abst) -> None:
    """What is recorded of a client is kept as long as it must be, masked, and under a key that can be changed."""
    _sessions(abst)
    _holds(abst)
    _vault(abst)
    _typed(abst)


def _sessions(abst: Abst) -> None:
    words = ("investor", "session", "gamma", "--place", "Example Town", "--device-hash", "d-1", "--as", OPS)
    when = ("--at", "2026-01-01T08:00:00Z")
    told = abst(*words, *when, "--ip", "203.0.113.7", "--ip-country", "HK", "--act", "call")
    assert (told.result["denied"], told.result["country"]) == (False, "HK")
    for wrong in (
        (*when, "--ip", "nowhere", "--ip-country", "HK"),
        (*when, "--ip", "203.0.113.7", "--ip-country", "XX"),
        ("--at", "2999-01-01", "--ip", "203.0.113.7", "--ip-country", "HK"),
    ):
        abst(*words, *wrong, exit=2)


def _holds(abst: Abst) -> None:
    paper = ("--evidence", abst.evidence("order of a court"), "--as", OPS)
    assert abst("hold", "set", "gamma", "--reason", "order 9", *paper).result["hold"]
    refused = abst("investor", "erase", "gamma", *paper, exit=3)
    assert refused.reasons == ["wallets-stand", "legal-hold", "retention-not-over"]
    assert abst("investor", "show", "gamma").result["hold"]
    abst.approve(abst("hold", "lift", "gamma", *paper, exit=7), CHECKER)
    assert not abst("investor", "show", "gamma").result["hold"]
    abst("investor", "show", "gamma", "--reveal", "--as", OPS, exit=2)  # on which order?


def _vault(abst: Abst) -> None:
    before = abst("vault", "check", "--deep").result
    assert (before["keystore"], before["erased"], before["wrong"]) == ("vault", 0, [])
    rotate = ("vault", "rotate", "--keystore-work", WORK, "--as", OPS, "--request", "rotate-1")
    told = abst(*rotate).result
    assert (told["before"], told["keys"], abst(*rotate).result) == (before["mark"], before["keys"], told)
    after = abst("vault", "check", "--deep").result
    assert (after["keystore"], after["idle"], after["records"]) == ("vault-2", ["vault"], before["records"])


def _typed(abst: Abst) -> None:
    wallet = abst("wallet", "new", "epsilon", "--keystore-work", WORK).result["address"]
    row = investor_row("epsilon", wallet)
    lines = [",".join(row), ",".join(row.values())]
    abst("investor", "import", abst.file("epsilon.csv", "\n".join(lines) + "\n"), "--as", OPS)
    challenge = ("wallet", "challenge", "epsilon", wallet, "--as", OPS)
    assert '"primaryType":"WalletProof"' in abst(*challenge, "--form", "typed").result["text"]
    abst(*challenge, "--form", "spoken", exit=2)
    wrong = abst("wallet", "prove", wallet, "--signature", "0x12", "--as", OPS, exit=3)
    assert wrong.reasons == ["wrong-signer"]
    assert abst("wallet", "prove", wallet, "--as", OPS).result["investor"] == "epsilon"
