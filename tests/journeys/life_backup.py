"""The part of a registry's life on the command line in which it is backed up, restored elsewhere, and recovered."""

from __future__ import annotations

from program import Abst

from databases import chosen_store


def keep(abst: Abst) -> None:
    """A backup, its place taken, a home made from it: looking is allowed, acts wait for the recovery."""
    out = abst.home.parent / "backup.tar"
    made = abst("backup", "--out", out, "--keys").result
    assert {"registry.db", "registry.dump"} & set(made["files"])
    assert "keys/vault.json" in made["files"]
    abst("backup", "--out", out, exit=8)
    healthy = abst("recover").result
    assert (healthy["lifted"], healthy["marked"], healthy["found"], healthy["differences"]) == (True, False, [], [])
    store = chosen_store()
    twin = Abst(abst.home.parent / "twin")
    put = abst("restore", out, "--to", twin.home, *(("--store-url", store) if store else ())).result
    assert (put["registry_id"], put["kept_aside"]) == (made["registry_id"], "")
    refused = twin("audit", "anchor", "--as", "operations-1", exit=5).result
    assert (refused["error"], refused["found"]) == ("the store was restored from a backup", "older than the chain")
    assert len(twin("holders", "JSD-A1").result["rows"]) == len(abst("holders", "JSD-A1").result["rows"])
    assert twin("today").result[0]["kind"] == "store"
    recovered = twin("recover", "--as", "operations-1").result
    assert (recovered["lifted"], recovered["marked"], recovered["found"]) == (True, True, [])
    assert twin("verify").result["ok"]
