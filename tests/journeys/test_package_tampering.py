"""No file of a package is changed unseen by who has it, and nothing that its log proves by who signs it."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import parcels
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from parcels import OPS, STRANGER, Spoil, beside, changed, copied, doubled, dropped, first_line, flipped, names
from program import Abst

from abst.errors import IntegrityFailure, UsageError
from abst.integrity.portable import checking, layout, onchain, opening
from abst.keys import Signer

pytestmark = pytest.mark.slow
LENIENT = settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def package(packaged_template: Abst, tmp_path: Path) -> Path:
    """A package to spoil, that was in order."""
    made = copied(beside(packaged_template), tmp_path / "package")
    assert checking.check(made).differences == []
    return made


@pytest.fixture
def officer(packaged_template: Abst) -> Iterator[Signer]:
    """The very officer who signed it: nobody can tell his second signature from his first."""
    with parcels.office_of(packaged_template) as office:
        signer = office.keys.signer(dict(office.keys.names())[OPS])
        assert signer is not None
        yield signer


def words(package: Path) -> list[str]:
    """What a check finds, in words; empty when it finds nothing."""
    try:
        return [difference.words for difference in checking.check(package).differences]
    except (IntegrityFailure, UsageError) as error:
        return [error.message]


def test_every_file_is_guarded_in_every_way(package: Path) -> None:
    """Of each file: a digit changed, a line gone, a line doubled, emptied, removed; put back, all is well again."""
    ways: tuple[Spoil, ...] = (flipped, dropped, doubled, lambda _: b"", lambda content: content + b"\n")
    listed = names(package)
    assert {name.split("/")[0] for name in listed} > set(layout.FILES)
    for name in listed:
        content = (package / name).read_bytes()
        for way in ways:
            changed(package, name, way)
            assert words(package), f"{name}: {way} was not found"
            (package / name).write_bytes(content)
        (package / name).unlink()
        assert words(package), f"{name}: that it is missing was not found"
        (package / name).write_bytes(content)
    assert words(package) == []


@pytest.mark.prove
@settings(LENIENT, max_examples=300)
@given(st.data())
def test_no_byte_is_changed_unseen(package: Path, data: st.DataObject) -> None:
    """Any byte of any file, changed to any other."""
    name = data.draw(st.sampled_from(names(package)))
    content = (package / name).read_bytes()
    place = data.draw(st.integers(0, len(content) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda one: one != content[place]))
    (package / name).write_bytes(content[:place] + bytes([byte]) + content[place + 1 :])
    assert words(package)
    (package / name).write_bytes(content)


def test_nothing_is_added(package: Path) -> None:
    """A file more, a name that no package has, a link: refused; a link is not even followed."""
    outside = package.parent / "outside.jsonl"
    outside.write_bytes(b"")
    for add in (
        lambda: (package / "events/00002.jsonl").write_bytes(b""),
        lambda: (package / "run.sh").write_bytes(b""),
        lambda: (package / ".hidden").write_bytes(b""),
        lambda: (package / "events/link.jsonl").symlink_to(outside),
        lambda: (package / "links").symlink_to(package.parent),
        lambda: os.mkfifo(package / "pipe.json"),
    ):
        before = dict.fromkeys(package.rglob("*"))
        add()
        assert words(package)
        for path in package.rglob("*"):
            if path not in before:
                path.unlink()
    assert words(package) == []


def part(kind: str, **fields: Any) -> tuple[str, Spoil]:
    return f"{kind}/00001.jsonl", first_line(lambda one: one | fields)


def where(kind: str, wanted: Callable[[dict[str, Any]], bool], change: Callable[[Any], Any]) -> tuple[str, Spoil]:
    """Changes every object of a kind that is wanted; None takes the line away."""

    def spoil(content: bytes) -> bytes:
        made = [change(one) if wanted(one) else one for one in map(orjson.loads, content.splitlines())]
        return b"".join(layout.line(one) for one in made if one is not None)

    return f"{kind}/00001.jsonl", spoil


def of_type(name: str) -> Callable[[dict[str, Any]], bool]:
    return lambda one: one["object_type"] == name


def last_transfer_left_out(content: bytes) -> bytes:
    topic = b"0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
    lines = content.splitlines(keepends=True)
    place = max(n for n, line in enumerate(lines) if topic in line)
    return b"".join(lines[:place] + lines[place + 1 :])


def swapped(content: bytes) -> bytes:
    first, second, *rest = content.splitlines(keepends=True)
    return b"".join([second, first, *rest])


HASH, ADDRESS = "0x" + "12" * 32, "0x" + "12" * 20
SIGNED_AGAIN: dict[str, tuple[str, Spoil]] = {
    "an event left out": ("events/00001.jsonl", last_transfer_left_out),
    "events in another order": ("events/00001.jsonl", swapped),
    "an event twice": ("events/00001.jsonl", doubled),
    "an event of another contract": part("events", address=ADDRESS),
    "an event with other bytes": part("events", data="0x12"),
    "a block at another time": where("blocks", lambda one: True, lambda one: one | {"timestamp": one["timestamp"] + 1}),
    "a block left out": ("blocks/00001.jsonl", dropped),
    "blocks in another order": ("blocks/00001.jsonl", swapped),
    "a transfer of more": where("transactions", of_type("TX_NOTE_TRANSFER"), lambda one: one | {"amount": "1"}),
    "a principal of more": where("transactions", of_type("TX_PRINCIPAL"), lambda one: one | {"principal_paid": "1"}),
    "a transaction left out": ("transactions/00001.jsonl", dropped),
    "a transaction twice": ("transactions/00001.jsonl", doubled),
    "a holding of more": part("positions", face="7"),
    "more outstanding": part("positions", outstanding="7"),
    "something frozen": part("positions", frozen="7"),
    "something locked": part("positions", locked_until=7),
    "a position left out": ("positions/00001.jsonl", dropped),
    "a larger supply": part("totals", supply="7"),
    "principal paid": part("totals", principal_paid="7"),
    "another number of a holder": part("holders", number=77),
    "another's wallet": where("holders", lambda one: True, lambda one: one | {"wallets": one["wallets"][:0]}),
    "one id for all": where("holders", lambda one: True, lambda one: one | {"id": "alpha"}),
    "other terms": where("tranches", lambda one: True, lambda one: one | {"terms": one["terms"] | {"cap": "1"}}),
    "terms that no token has": where(
        "tranches", lambda one: True, lambda one: one | {"terms": one["terms"] | {"lot": "0"}}
    ),
    "another address": part("tranches", security=ADDRESS),
    "a token that was not made": part("tranches", security=None),
    "another salt": part("tranches", salt=HASH),
    "a tranche left out": ("tranches/00001.jsonl", dropped),
    "another plan": part("filings", plan_hash=HASH),
    "another dossier": part("filings", offchain_hash=HASH),
    "another state": part("filings", status="suspended"),
    "other code": part("code", code="0x00"),
    "no code": ("code/00001.jsonl", dropped),
    "another document": where(
        "documents", lambda one: one["source"] == "published", lambda one: one | {"sha256": HASH}
    ),
    "a document of no filing": part("documents", filing=77),
    "no decision behind a mint": where("decisions", lambda one: one["kind"] == "mint release", lambda one: None),
    "a decision that did not pass": where("decisions", lambda one: True, lambda one: one | {"passed": False}),
    "a field more": part("decisions", more=1),
    "a field less": where("events", lambda one: True, lambda one: {key: one[key] for key in one if key != "data"}),
    "a line with spaces": ("events/00001.jsonl", lambda content: content.replace(b'":', b'": ', 1)),
    "another schema": ("schemas/event.json", lambda content: content.replace(b"minimum", b"maximum")),
}


@pytest.mark.parametrize("name", SIGNED_AGAIN)
def test_what_the_log_proves_is_found_although_an_officer_signed_it(package: Path, officer: Signer, name: str) -> None:
    """With hashes and signature made to fit, what does not follow from the log is found all the same."""
    file, spoil = SIGNED_AGAIN[name]
    before = (package / file).read_bytes()
    changed(package, file, spoil)
    assert (package / file).read_bytes() != before, "the test changes nothing"
    parcels.signed_again(package, officer)
    found = words(package)
    assert found
    assert "hash of a file" not in found
    assert "signer of the package" not in found


def test_a_signature_of_no_officer_is_found(package: Path) -> None:
    """Signed again by a stranger: every hash fits, and still he never had a role."""
    parcels.signed_again(package, STRANGER)
    assert words(package) == ["signer is an officer"]


@pytest.mark.parametrize("way", ["another hash of a block", "a log changed", "a log left out"])
def test_what_only_the_chain_knows_is_found_there(
    package: Path, officer: Signer, packaged_template: Abst, way: str
) -> None:
    """A block's hash, or a log that moves nothing: no file proves it, so the check passes; the chain knows better."""
    typed = {one["id"] for one in parcels.objects(package, "transactions")}

    def untyped(one: dict[str, Any]) -> bool:
        return f"{one['block']}-{one['log_index']}" not in typed

    spoils = {
        "another hash of a block": part("blocks", hash=HASH),
        "a log changed": where("events", untyped, lambda one: one | {"data": "0x12"}),
        "a log left out": where("events", untyped, lambda one: None),
    }
    changed(package, *spoils[way])
    parcels.signed_again(package, officer)
    checked = checking.check(package)
    assert checked.differences == []
    with parcels.office_of(packaged_template) as office:
        onchain.against(checked, office.chain)
    found = "block on the chain" if "block" in way else "log on the chain"
    assert found in {difference.words for difference in checked.differences}


ODD = st.sampled_from([None, True, -1, 0, 2**63, "", "0x", "x" * 99, HASH, ADDRESS, [], {}, "9" * 400, 253_402_300_799])


@LENIENT
@given(st.data())
def test_nothing_signed_makes_a_check_fall_over(package: Path, officer: Signer, data: st.DataObject) -> None:
    """Whatever stands in a line, hashes and signature in order: a check says so, or passes what proves nothing."""
    one_line_changed(package, officer, data)


@pytest.mark.prove
@settings(LENIENT, max_examples=500)
@given(st.data())
def test_nothing_signed_makes_a_check_fall_over_in_many_tries(
    package: Path, officer: Signer, data: st.DataObject
) -> None:
    """The same, five hundred times."""
    one_line_changed(package, officer, data)


def one_line_changed(package: Path, officer: Signer, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([name for name in names(package) if name.endswith(".jsonl")]))
    content = (package / name).read_bytes()
    lines = content.splitlines(keepends=True)
    number = data.draw(st.integers(0, len(lines) - 1))
    one = orjson.loads(lines[number])
    key = data.draw(st.sampled_from(sorted(one)))
    one[key] = data.draw(ODD)
    lines[number] = layout.line(one)
    (package / name).write_bytes(b"".join(lines))
    parcels.signed_again(package, officer)
    words(package)
    (package / name).write_bytes(content)


def test_a_zip_is_not_trusted(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name twice, a way out of the folder, a broken or endless member: refused before anything is believed."""

    def packed(name: str, **more: bytes) -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for one in names(package):
                file.write(package / one, one)
            for one, content in more.items():
                file.writestr(one.replace("_", "/"), content)
        return path

    assert words(packed("good.zip")) == []
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = packed("twice.zip", **{"manifest.json": b"{}"})
    assert words(twice) == ["a file stands twice in the package"]
    for odd in ("../out.json", "/etc/out.json", "events/../../out.json"):
        path = packed("odd.zip")
        with zipfile.ZipFile(path, "a") as file:
            file.writestr(odd, b"")
        assert words(path) == ["a file that no package has"]
    broken = packed("broken.zip")
    broken.write_bytes(broken.read_bytes()[:-9])
    assert words(broken) == ["neither a folder nor a zip"]
    monkeypatch.setattr(opening.layout, "MOST_BYTES", 20_000)
    assert words(packed("long.zip")) == ["a file of the package is too long"]
    assert not (tmp_path / "out.json").exists()
