"""Homes to travel from: a registry with its officers, and one whose filing is effective and whose tokens are held."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import desks
import monthly
import parcels
import paying
import pytest
from program import FILING, WORK, Abst, chain_words, onboard

import nodes
from abst import demo_data
from databases import chosen_store
from sharing import made_once

__all__ = ["Abst"]
LISTS = Path(demo_data.__file__).parent / "lists"


@pytest.fixture(autouse=True)
def _nodes_end_with_their_test() -> Iterator[None]:
    with nodes.of_one_test():
        yield


@pytest.fixture(scope="session")
def registry_template(tmp_path_factory: pytest.TempPathFactory) -> Abst:
    """A registry just made."""

    def make(folder: Path) -> None:
        abst = Abst(folder / "home")
        store = chosen_store()
        place = ("--store-url", store) if store else ()
        abst("init", "--keystore-work", WORK, *place, *chain_words(abst))
        for source, names in demo_data.LISTS:
            abst("screening", "load", *(LISTS / name for name in names), "--source", source, "--as", "operations-1")

    return Abst(made_once(tmp_path_factory, "registry", make) / "home")


@pytest.fixture(scope="session")
def issued_template(registry_template: Abst, tmp_path_factory: pytest.TempPathFactory) -> Abst:
    """An effective filing, three tokens, investors alpha and beta who hold, and careful gamma who does not."""

    def make(folder: Path) -> None:
        abst = registry_template.copy(folder)
        dossier = abst.file("dossier.yaml", demo_data.text("dossier.yaml"))
        deal = abst.file("deal.yaml", demo_data.text("deal.yaml"))
        abst("filing", "new", dossier, "--deal", deal, "--as", "operations-1")
        abst("filing", "submit", FILING, "--as", "operations-1")
        effective = abst("filing", "effective", FILING, "--evidence", abst.evidence(), "--as", "operations-1", exit=7)
        abst.approve(effective, "compliance-1")
        abst("token", "create", FILING, "--as", "operations-1")
        for reference, bold in (("alpha", True), ("beta", True), ("gamma", False)):
            onboard(abst, reference, bold=bold)
        abst("investor", "admit", "--as", "operations-1")
        table = abst.file("mint.csv", "investor,amount\nalpha,1000000\nbeta,2000000\n")
        for token in ("JSD-A1", "JSD-SUB"):
            abst.approve(abst("mint", token, "--file", table, "--as", "operations-1", exit=7), "compliance-1")

    return Abst(made_once(tmp_path_factory, "issued", make) / "home")


@pytest.fixture
def registry(registry_template: Abst, tmp_path: Path) -> Abst:
    return registry_template.copy(tmp_path)


@pytest.fixture
def issued(issued_template: Abst, tmp_path: Path) -> Abst:
    return issued_template.copy(tmp_path)


@pytest.fixture(scope="session")
def paying_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holders, a listed deposit token, a payer with money, and a record date taken; for desks in process."""
    return made_once(tmp_path_factory, "paying", lambda folder: paying.build(folder / "home")) / "home"


@pytest.fixture(scope="session")
def serviced_template(paying_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the whole issue sold and servicing open: months can be closed."""

    def make(folder: Path) -> None:
        monthly.extend(desks.copied(paying_template, folder / "home"))

    return made_once(tmp_path_factory, "serviced", make) / "home"


@pytest.fixture(scope="session")
def packaged_template(issued_template: Abst, tmp_path_factory: pytest.TempPathFactory) -> Abst:
    def make(folder: Path) -> None:
        abst = issued_template.copy(folder)
        parcels.live(abst)
        abst("package", "make", "--out", folder / "package", "--as", "operations-1")
        abst("package", "make", "--out", folder / "package.zip", "--as", "operations-1")

    return Abst(made_once(tmp_path_factory, "packaged", make) / "home")


@pytest.fixture
def packaged(packaged_template: Abst, tmp_path: Path) -> Abst:
    """A home with a history; its package lies beside it, as a folder and as a zip."""
    return packaged_template.copy(tmp_path / "first")


@pytest.fixture(scope="session")
def elsewhere_template(tmp_path_factory: pytest.TempPathFactory) -> Abst:
    """Another registry, on a chain of its own."""

    def make(folder: Path) -> None:
        abst, store = Abst(folder / "home"), chosen_store()
        abst("init", "--keystore-work", WORK, *(("--store-url", store) if store else ()), *chain_words(abst))

    return Abst(made_once(tmp_path_factory, "elsewhere", make) / "home")


@pytest.fixture
def elsewhere(elsewhere_template: Abst, tmp_path: Path) -> Abst:
    return elsewhere_template.copy(tmp_path / "second")
