"""Official lists: each form is read as its publisher writes it; a malformed file is refused whole, with its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abst import demo_data
from abst.errors import UsageError
from abst.investor.screening import entries, reading
from abst.investor.screening.entries import Entry


def read(source: str, *names: str) -> dict[str, Entry]:
    return {entry.id: entry for entry in reading.read(source, [(name, demo_data.list_file(name)) for name in names])}


def refused(source: str, name: str, content: bytes) -> UsageError:
    with pytest.raises(UsageError) as caught:
        reading.read(source, [(name, content)])
    return caught.value


# ---- good files


def test_ofac_csv_joins_other_names_and_reads_remarks() -> None:
    """Given sdn.csv and alt.csv in any order, names are turned, dates and countries come from the remarks."""
    found = read("ofac", "alt.csv", "sdn.csv")
    person = found["90001"]
    assert person.names == ("Ottokar BEISPIELSEN", "Otto BEISPIELSSON", "The Sample")
    assert (person.type, person.kind, person.born, person.countries) == ("person", "sanction", ("1961-03-12",), ("AQ",))
    assert found["90002"].type == "entity"
    assert found["90002"].names == ("MUSTERHANDEL EXPORT LLC", "MUSTERHANDEL TRADING COMPANY")
    assert (found["90003"].type, found["90004"].type) == ("vessel", "aircraft")


def test_ofac_xml_says_the_same_as_its_csv() -> None:
    """Given the same list as XML, under its namespace, the same entries should come out."""
    by_xml, by_csv = read("ofac", "sdn.xml"), read("ofac", "sdn.csv", "alt.csv")
    for number in ("90001", "90002"):
        assert by_xml[number].names == by_csv[number].names
        assert by_xml[number].born == by_csv[number].born
    assert by_xml["90003"].type == "vessel"


def test_un_list_has_original_script_ranges_and_entities() -> None:
    """Given the UN's list, the four name parts are one name, and a range of years stays a range."""
    found = read("un", "un.xml")
    person, entity = found["9900001"], found["9900002"]
    assert person.names == ("LIMING YANG", "Yang Li-Ming", "Liming the Sample", "样例明")
    assert person.born == ("1970-05-17", "1968/1972")
    assert (entity.type, entity.countries) == ("entity", ("AQ",))
    assert entity.names[-1] == "示例贸易行有限公司"


def test_eu_list_reads_attributes_and_circa() -> None:
    """Given the EU's list, the facts stand in attributes, and circa is two years either way."""
    found = read("eu", "eu.xml")
    assert found["EU.0.01"].names == ("Zdeněk Vzorek Ukázka", "Zdenek Ukazka")
    assert found["EU.0.01"].born == ("1953/1957",)
    assert (found["EU.0.02"].type, found["EU.0.02"].countries) == ("entity", ("AQ",))


@pytest.mark.parametrize(("name", "number"), [("uk.xml", "EXA0001"), ("uk.csv", "EXA0001"), ("ConList.csv", "99001")])
def test_the_three_british_forms_give_one_person(name: str, number: str) -> None:
    """Given any of the three forms, the primary name is first, the original script last, dates partial or exact."""
    person = read("uk", name)[number]
    assert person.names == ("Peregrine Muster FAUXWORTH", "Perry FAUXWORTH", "Перегрин Фоксворт")
    assert person.born == ("1949", "1950-11-03")
    assert "AQ" in person.countries


def test_politically_exposed_persons_are_a_plain_table() -> None:
    """Given the CSV, each row is one person with his other names and his position."""
    found = read("pep", "pep.csv")
    assert {entry.kind for entry in found.values()} == {"pep"}
    assert found["PEP-EX-1"].names == ("Ximena Ejemplar Muestra", "Ximena de la Muestra", "洗例美")
    assert found["PEP-EX-2"].born == ("1958",)


def test_the_old_encoding_of_a_csv_is_read() -> None:
    """Given OFAC's CSV in Windows-1252, accents should be read as such."""
    row = '1,"MUÑOZ EJEMPLO, José","individual","X",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n\x1a'
    (entry,) = reading.read("ofac", [("sdn.csv", row.encode("cp1252"))])
    assert entry.names == ("José MUÑOZ EJEMPLO",)


# ---- malformed files


def test_a_short_row_names_its_line() -> None:
    """Given a row with too few columns, the error should name file and line."""
    good = '1,"A","individual","X",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- '
    error = refused("ofac", "sdn.csv", f"{good}\r\n2,cut off\r\n".encode())
    assert (error.where, error.found) == ("sdn.csv, line 2", "2 columns")


def test_another_name_of_nobody_is_refused() -> None:
    """Given alt.csv of another day, a name without its entry should be refused."""
    files = [("sdn.csv", demo_data.list_file("sdn.csv")), ("alt.csv", b'7,1,"aka","NOBODY",-0- \r\n')]
    with pytest.raises(UsageError, match="nobody"):
        reading.read("ofac", files)


def test_a_cut_off_xml_file_gives_nothing() -> None:
    """Given XML that ends in the middle, the error should name line and column."""
    content = demo_data.list_file("un.xml")
    error = refused("un", "un.xml", content[: len(content) // 2])
    assert "well-formed" in error.message
    assert "line" in error.where


@pytest.mark.parametrize("name", ["un.xml", "eu.xml", "uk.xml", "sdn.xml"])
def test_entities_and_document_types_are_refused(name: str) -> None:
    """Given a file with a document type, which could name other files or grow without end, nothing is resolved."""
    source = {"sdn.xml": "ofac"}.get(name, name[:2])
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
    assert "document type" in refused(source, name, bomb).message


def test_a_file_of_another_publisher_is_refused() -> None:
    """Given the EU's file as the UN's list, the error should say which root was met."""
    error = refused("un", "eu.xml", demo_data.list_file("eu.xml"))
    assert (error.found, error.needed) == ("<export>", "<CONSOLIDATED_LIST>")


@pytest.mark.parametrize(
    ("source", "content", "words"),
    [
        ("un", b"<CONSOLIDATED_LIST><INDIVIDUALS/></CONSOLIDATED_LIST>", "empty"),
        ("un", b"<CONSOLIDATED_LIST><INDIVIDUAL><DATAID>1</DATAID></INDIVIDUAL></CONSOLIDATED_LIST>", "not an entry"),
        ("eu", b"<export><sanctionEntity logicalId='1'/></export>", "not an entry"),
        ("uk", b"<Designations><Designation><UniqueID>1</UniqueID></Designation></Designations>", "not an entry"),
        ("ofac", b"<sdnList><sdnEntry><uid>1</uid></sdnEntry></sdnList>", "not an entry"),
        ("uk", b"Report Date: today\r\na,b,c\r\nd,e,f\r\n", "wrong columns"),
        ("pep", b"id,name\r\n1,A\r\n", "wrong columns"),
        ("pep", b"id,name,other_names,born,countries,position\r\n1,,,,,\r\n", "not an entry"),
        ("pep", b"id,name,other_names,born,countries,position\r\n1,A,,last spring,,\r\n", "date of birth"),
        ("pep", b"id,name,other_names,born,countries,position\r\n1,A,,,,\r\n1,B,,,,\r\n", "twice"),
        ("pep", b"id,name,other_names,born,countries,position\r\n1,A\r\n", "short row"),
        ("pep", b"\xff\xfe\x00", "not text"),
        ("pep", b'id,name,other_names,born,countries,position\r\n"1,A', "CSV"),
        ("other", b"", "no such list"),
    ],
)
def test_malformed_lists_are_refused_in_words(source: str, content: bytes, words: str) -> None:
    """Given a list that is not in its form, a UsageError should say what is wrong."""
    assert words in refused(source, "list", content).message


# ---- what entries are made of


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("12 Mar 1961", "1961-03-12"),
        ("Mar 1961", "1961-03"),
        ("1961", "1961"),
        ("circa 1961", "1959/1963"),
        ("1961 to 1963", "1961/1963"),
        ("00/00/1961", "1961"),
        ("dd/mm/1961", "1961"),
        ("03/11/1950", "1950-11-03"),
        ("1961-03-12", "1961-03-12"),
        ("1961-03-12-04:00", "1961-03-12"),
        ("unknown", ""),
        ("", ""),
    ],
)
def test_dates_of_birth_as_the_lists_write_them(said: str, kept: str) -> None:
    """Each way of writing a date of birth keeps exactly as much as it says."""
    assert entries.born(said) == kept


@given(st.dates())
def test_an_exact_date_is_kept_exactly(day: object) -> None:
    """Given any date from 1800 on, its ISO form should be kept."""
    text = str(day)
    assert entries.born(text) == (text if text >= "1800-01-01" and text < "2100" else "")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("Russia", "RU"),
        ("Iran (Islamic Republic of)", "IR"),
        ("Korea, North", "KP"),
        ("Democratic People's Republic of Korea", "KP"),
        ("United States of America", "US"),
        ("hk", "HK"),
        ("Ruritania", "RURITANIA"),
        ("00", ""),
    ],
)
def test_countries_get_their_codes(said: str, code: str) -> None:
    """Names as the lists write them become codes; an unknown one stays as it is, in capitals."""
    assert entries.country(said) == code
