"""What an import reads by stretches of a block is what it would read row by row."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication.deliver.address import canonical_lines, parse_address
from syndication.domain.tokens import Keyring
from syndication.flows.subscribers.import_file import RowBlock
from syndication.flows.subscribers.importing import _check, _unmatched
from syndication.flows.subscribers.list_row import RowParser, mailbox_hashes

READER = RowParser(frozenset({"city", "film"}), "import list.csv", datetime(2026, 11, 27, tzinfo=UTC))
LETTER = st.sampled_from("abzAZ09.-_+@x\nn xé\x85\0'")
ADDRESS = st.one_of(
    st.sampled_from(
        [
            "ann@a.example",
            "Ann@A.example",
            "ann@xn--wk5b71z.example",
            "ann@a--b.example",
            "a@b.local",
            "a@b.localx",
            "a@local.example",
            f"{'a' * 64}@b.example",
            f"{'a' * 65}@b.example",
            f"a@{'b' * 64}.example",
            f"a@{'b' * 60}.{'c' * 60}.example",
            "a@b.c",
            "a..b@c.example",
            "a@-b.example",
            "a@b-.example",
            "a@b.exa-mple",
            "",
        ]
    ),
    st.text(LETTER, max_size=12).map("{}@b.example".format),
    st.text(LETTER, max_size=12).map("a@{}.example".format),
)
CELLS = {
    "email": ADDRESS,
    "name": st.text(LETTER, max_size=9)
    | st.sampled_from(["Ann Lee", " Ann", "A  B", "이지은", "n" * 201, "a\u00a0b"]),
    "language": st.sampled_from(["", "en", " ko", "klingon!"]),
    "topics": st.sampled_from(["", "city", "film;city", "sport"]),
    "confirmed_at": st.sampled_from(["", "2026-01-02", "2027-01-02", "0001-01-01", "soon"]),
    "consent": st.sampled_from(["", "confirmed", "Confirmed", "pending"]),
}


@given(address=ADDRESS)
def test_an_address_that_is_passed_over_is_canonical(address: str) -> None:
    if "\n" not in address and canonical_lines(f"{address}\n", 0):
        assert parse_address(address).email == address


@given(rows=st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=8))
def test_a_block_reads_as_its_rows_do(rows: list[dict[str, str]]) -> None:
    columns = {name: [row[name] for row in rows] for name in CELLS}
    part = _check(RowBlock(range(2, len(rows) + 2), columns), READER)
    found: dict[int, object] = dict(part.refused)
    for place, number in enumerate(part.numbers):
        found[number] = part.new.row(place)
    wanted: dict[int, object] = {}
    for number, row in enumerate(rows, 2):
        try:
            wanted[number] = READER.row(row)
        except ValueError as error:
            wanted[number] = str(error)
        if not any(cell.strip() for cell in row.values()):
            del wanted[number]
    assert found == wanted


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+09:00", "1900-01-01", "1969-12-31T23:59:59Z"]
)
def test_a_yes_before_there_was_mail_is_no_time(text: str) -> None:
    """Its day in another time zone may be none at all, and no mail of the edition could be made."""
    with pytest.raises(ValueError, match="is before 1970; leave it empty"):
        READER.time(text)
    assert READER.time("1970-01-01") == datetime(1970, 1, 1, tzinfo=UTC)


def test_only_the_cells_that_are_unusual_are_looked_at() -> None:
    cells = ["a@b.example", "a@b", "b@c.example", "", "C@D.example", "c@d.example"]
    assert list(_unmatched(cells, canonical_lines)) == [1, 3, 4]


def test_an_address_behind_a_plus_is_known_by_its_mailbox_and_by_itself_as_it_was_erased_before() -> None:
    """A mark of the signing key's for the mailbox comes first: that one is written."""
    keyring = Keyring((("bbbb", b"new"), ("aaaa", b"old")))
    ann, news = keyring.keyed_hashes("ann@small.example"), keyring.keyed_hashes("ann+news@small.example")
    assert mailbox_hashes(keyring, " Ann@Small.example") == ann
    assert mailbox_hashes(keyring, "Ann+News@small.example") == (*ann, *news)
