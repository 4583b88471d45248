"""What other permissioned tokens need for the same acts, as measured once from their own code, and who wins.

Whole transactions on one EVM, each project's own compiler settings and a realistic set-up. ERC-3643's reference
implementation is measured anew by `make bench` (`erc3643.py`), and then its figure here gives way to that one.
"""

from __future__ import annotations

PLAIN, ERC3643 = "plain ERC-20", "ERC-3643"
TRANSFER = "transfer, both holding, every rule"
# OpenZeppelin's ERC20uRWA (ERC-7943); CMTAT 3.1.0; T-REX 4.1.6 with three compliance modules; Securitize DSToken 4;
# the bond of the Asset Tokenization Studio 8.0.
PEERS = ("uRWA", "CMTAT Allowlist", "CMTAT with RuleEngine", ERC3643, "Securitize", "ATS bond")
PUBLISHED: dict[str, tuple[int | None, ...]] = {
    "deploy all, with the first token": (1_370_000, 4_500_000, 8_300_000, 40_000_000, 38_000_000, 259_000_000),
    "admit one": (48_334, 49_928, 75_456, 843_961, 428_699, 321_710),
    "admit 100, each": (48_345, 26_300, 46_250, 795_835, 428_710, 321_732),
    "mint one, approved, new holder": (56_999, 70_886, 94_665, 332_400, 451_709, 415_535),
    "mint to 100 new, approval included, each": (56_998, 32_479, 43_454, 171_780, 302_230, 294_880),
    TRANSFER: (43_164, 55_531, 70_873, 370_737, 354_320, 254_037),
    "transfer to a new, eligible holder": (60_252, 72_619, 87_961, 404_925, 455_804, 463_654),
    "transfer by allowance": (49_212, 66_201, 84_208, 378_674, 360_371, 283_947),
    "transfer to 100 holders, each": (15_365, 15_895, 27_117, 186_759, None, 109_758),
    "refused, receiver unknown": (27_113, 31_819, 56_081, 73_954, 150_669, 78_360),
    "freeze, the act": (48_189, 51_654, 51_699, 63_546, 141_460, 162_271),
    "forced transfer, the act": (45_540, 47_832, 47_849, 310_618, 213_972, 203_954),
    "recover, with the new wallet": (137_436, 138_124, 177_987, 547_311, 886_933, 729_123),
    "record date": (None, None, 69_976, None, None, 84_091),
    "first transfer after a record date, both sides": (None, None, 284_998, None, None, 620_579),
    "push to 100 new payees, each": (None, None, 59_531, None, None, None),
    "publish a document, the first time": (None, None, 185_110, None, None, 242_901),
    "publish a document, again": (None, None, 46_981, None, None, 82_561),
}


CMTAT = PEERS[1:3]
# Act -> the peers that need less gas than ours, and what they do not do for it. All other peers are beaten.
DOES_LESS: dict[str, tuple[tuple[str, ...], str]] = {
    "deploy all, with the first token": (
        ("uRWA", *CMTAT),
        "one token and its list. Here it is the house for all filings, once: registry, factory, two timelocks, "
        "settlement, payments, deposits; a further token adds 3.6 M.",
    ),
    "admit one": (
        ("uRWA", "CMTAT Allowlist"),
        "one boolean per wallet. Here regimes, risk capacity, jurisdiction and two expiries are written, the wallet's "
        "number, and a commitment to the evidence; in lots of 100 that is cheaper than theirs.",
    ),
    "mint one, approved, new holder": (
        ("uRWA", *CMTAT),
        "one key's word. Here a second key's signature over exactly these allocations is checked, the operation id is "
        "spent so that a repeat cannot mint twice, the filing must be effective and undisturbed, the receiver "
        "eligible; cap, lot, share and number of holders hold. In lots of 100 that is cheaper than theirs.",
    ),
    TRANSFER: (("uRWA",), "one boolean per wallet. Here eighteen rules hold, expiry and disclosure among them."),
    "transfer to a new, eligible holder": (("uRWA",), "one boolean per wallet, and no holders are counted."),
    "transfer by allowance": (("uRWA",), "one boolean per wallet."),
    "refused, receiver unknown": (
        ("uRWA", "CMTAT Allowlist"),
        "stops at its one boolean. Here every fact of the movement is read at once, because nearly all movements pass, "
        "and the refusal names its rule.",
    ),
    "forced transfer, the act": (
        ("uRWA", *CMTAT),
        "at most one boolean of the receiver is asked, and no holders are counted. Here the receiver must be eligible, "
        "and limits and the records of record dates stay right.",
    ),
    "recover, with the new wallet": (
        ("uRWA", *CMTAT),
        "one token's balance is moved by force to another wallet. Here the new wallet joins the same investor with his "
        "facts, the lost one is blocked for good, and the successor stands for every token and payment.",
    ),
}


def figures_of(act: str, erc3643: int | None) -> dict[str, int]:
    """Peer -> gas of an act, of the peers that have it; erc3643: as measured in this run, if it was."""
    figures = dict(zip(PEERS, PUBLISHED.get(act, (None,) * len(PEERS)), strict=True))
    if erc3643 is not None:
        figures[ERC3643] = erc3643
    return {peer: gas for peer, gas in figures.items() if gas is not None}


def why_not(act: str) -> str:
    """Who needs less for an act and what they leave out, in words; empty where all peers are beaten."""
    who, what = DOES_LESS.get(act, ((), ""))
    return f"{', '.join(who)}: {what}" if who else ""
