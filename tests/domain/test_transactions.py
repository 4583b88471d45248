"""Typed transactions: the table is the contracts' own, two decoders agree, and what is malformed is refused."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from eth_abi.abi import encode
from hypothesis import given, settings
from hypothesis import strategies as st

from abst.chain.api import Log
from abst.chain.contracts import codec
from abst.chain.deploy import DEPOSIT_PART, PARTS
from abst.chain.words import AssetKind, FilingStatus, Unpaid
from abst.errors import IntegrityFailure
from abst.holders.transaction_kinds import KINDS, TOKEN, WORDS, Field, Kind
from abst.holders.transactions import Place, object_of, shapes
from abst.values import Address, Hash

CONTRACTS = {**dict(PARTS), DEPOSIT_PART[0]: DEPOSIT_PART[1], TOKEN: "SecurityToken"}
PLACE = Place("0x" + "00" * 19 + "01", "0x" + "22" * 32, 5, 3, 1_800_000_000)
# Events that say nothing of a register: OpenZeppelin's own books of the timelocks and the manager, and ERC-5267's.
LEFT_OUT = {"EIP712DomainChanged"}
NOT_TYPED = {"manager", "enforcement", "administration"}  # of these only who has which role is typed
SHAPES = shapes()


def test_the_table_is_that_of_the_contracts() -> None:
    """Each kind has the signature, and the indexed arguments, of an event of the contract that plays its part."""
    for kind in KINDS:
        event = codec(CONTRACTS[kind.part]).events[Hash(kind.topic)]
        assert event.name == kind.event.split("(")[0]
        order = [field.name for field in kind.fields]
        places = [event.order.index(name) for name in event.indexed.names]
        assert [order.index(field.name) for field in kind.indexed] == places, kind.type


def test_no_event_of_ours_is_without_a_kind() -> None:
    """Everything that our contracts tell of a register is typed."""
    typed = {(kind.part, kind.topic) for kind in KINDS}
    missing = {
        f"{name}.{event.name}"
        for part, name in CONTRACTS.items()
        if part not in NOT_TYPED
        for topic, event in codec(name).events.items()
        if (part, topic) not in typed and event.name not in LEFT_OUT
    }
    assert missing == set()


def test_words_are_numbered_as_on_the_chain() -> None:
    """A status, a kind of asset and a reason are the words that stand for the chain's numbers."""
    for name, numbers in (("Status", FilingStatus), ("AssetKind", AssetKind), ("Unpaid", Unpaid)):
        assert [one.name.lower().replace("_", "-") for one in numbers] == list(WORDS[name])


def value_of(field: Field) -> st.SearchStrategy[Any]:
    """A value as the ABI takes it."""
    if field.type.endswith("[]"):
        return st.lists(value_of(Field(field.name, field.type[:-2], parts=field.parts)), max_size=3)
    if field.parts:
        return st.tuples(*(value_of(part) for part in field.parts))
    if field.type in WORDS:
        return st.integers(0, len(WORDS[field.type]) - 1)
    if field.type == "bytes3":
        return st.sampled_from([b"HKD", b"CNY", b"USD"])
    simple: dict[str, st.SearchStrategy[Any]] = {
        "address": st.binary(min_size=20, max_size=20),
        "bool": st.booleans(),
        "string": st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
        "bytes32": st.binary(min_size=32, max_size=32),
    }
    return simple[field.abi] if field.abi in simple else st.integers(0, 2 ** int(field.abi[4:]) - 1)


@st.composite
def logs(draw: st.DrawFn) -> tuple[Kind, tuple[str, ...], bytes]:
    kind = draw(st.sampled_from(KINDS))
    values = {field.name: draw(value_of(field)) for field in kind.fields}
    topics = [kind.topic, *("0x" + encode([f.abi], [values[f.name]]).hex() for f in kind.indexed)]
    return kind, tuple(topics), encode([f.abi for f in kind.data], [values[f.name] for f in kind.data])


@settings(max_examples=40, deadline=None)
@given(logs())
def test_objects_say_what_the_contracts_own_decoder_says(log: tuple[Kind, tuple[str, ...], bytes]) -> None:
    """Every field of a typed object is the decoded argument, in its place; it fits its published schema."""
    kind, topics, data = log
    made = object_of(kind.part, PLACE, topics, data)
    assert made is not None
    jsonschema.validate(made, SHAPES[made["object_type"]])
    event = codec(CONTRACTS[kind.part]).events[Hash(kind.topic)]
    raw = Log(Address(PLACE.address), tuple(map(Hash, topics)), data, 5, Hash(""), Hash(""), 0, 3)
    args = list(event.args(raw).values())
    if kind.event.startswith("Transfer(") and kind.part == TOKEN:
        sender, receiver, amount = args
        told = (made.get("sender", sender), made.get("receiver", made.get("holder")), made["amount"])
        assert told[1] in (receiver, sender)
        assert (told[0], told[2]) == (sender, str(amount))
        return
    for field, value in zip(kind.fields, args, strict=True):
        assert plain(made[field.name]) == plain(expected(field, value)), field.name


def expected(field: Field, value: Any) -> Any:
    if field.type in WORDS:
        return WORDS[field.type][value]
    if field.type == "Record":
        return [value & 0xFFFFFFFF, value >> 32 & 0xFFFFFFFF, f"0x{value:064x}"]
    if field.type == "Text32" or field.abi == "bytes3":
        raw = value if isinstance(value, bytes) else bytes.fromhex(value[2:])
        text = raw.rstrip(b"\x00").decode(errors="replace")
        return text if text.isprintable() and "\ufffd" not in text else "0x" + raw.hex()
    return value


def plain(value: Any) -> Any:
    """Values without the names of their parts, numbers as text."""
    match value:
        case dict():
            return [plain(one) for one in value.values()]
        case list() | tuple():
            return [plain(one) for one in value]
        case bool():
            return value
        case int():
            return str(value)
        case bytes():
            return "0x" + value.hex()
    return value


@settings(max_examples=40, deadline=None)
@given(logs(), st.data())
def test_a_log_that_is_not_of_its_form_is_refused(
    log: tuple[Kind, tuple[str, ...], bytes], data: st.DataObject
) -> None:
    """Bytes too few, a topic too many, bits beyond a type: an error that says where, never a wrong object."""
    kind, topics, raw = log
    if raw:
        with pytest.raises(IntegrityFailure, match="block 5, log 3"):
            object_of(kind.part, PLACE, topics, raw[: data.draw(st.integers(0, 31))])
    with pytest.raises(IntegrityFailure):
        object_of(kind.part, PLACE, (*topics, topics[0]), raw)
    for place, field in enumerate(kind.indexed, 1):
        if field.abi == "address":
            wrong = (*topics[:place], "0x" + "ff" * 32, *topics[place + 1 :])
            with pytest.raises(IntegrityFailure, match="is no address"):
                object_of(kind.part, PLACE, wrong, raw)


def test_an_unknown_log_is_no_object() -> None:
    """What the table does not have stays in the event log alone."""
    assert object_of(TOKEN, PLACE, ("0x" + "99" * 32,), b"") is None
    assert object_of(TOKEN, PLACE, (), b"") is None
    assert object_of("factory", PLACE, (KINDS[0].topic,), b"") is None
