from collections.abc import Collection
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication.domain.variant import Region, Slot, begin, end, language_for, merge, slot, split

literals = st.text(max_size=20).filter(lambda text: "[[~" not in text and "~]]" not in text)
names = st.from_regex(r"[a-z0-9:_.-]{1,8}", fullmatch=True)


def test_a_compiled_part_is_split_at_its_tokens() -> None:
    compiled = f"<p>{begin('named')}Dear {slot('name')},{end('named')}</p>"
    assert split(compiled) == ("<p>", Region("named", ("Dear ", Slot("name"), ",")), "</p>")


def test_a_region_stays_for_the_readers_who_have_its_flag_and_regions_may_hold_regions() -> None:
    compiled = f"a{begin('x')}b{begin('y')}c{end('y')}{end('x')}d"
    pieces = split(compiled)
    assert merge(pieces, {}, {"x", "y"}) == "abcd"
    assert merge(pieces, {}, {"x"}) == "abd"
    assert merge(pieces, {}, {"y"}) == "ad"


def test_values_are_escaped_and_what_they_hold_is_never_a_token() -> None:
    pieces = split(f"Dear {slot('name')} {slot('other')}")
    assert (
        merge(pieces, {"name": "<b>{{ 7*7 }}", "other": slot("name")}, (), escape)
        == f"Dear &lt;b&gt;{{{{ 7*7 }}}} {slot('name')}"
    )


def test_a_slot_without_a_value_is_an_error_and_not_a_gap() -> None:
    with pytest.raises(KeyError, match="name"):
        merge(split(slot("name")), {}, ())


@pytest.mark.parametrize(
    "compiled",
    [
        begin("a"),
        end("a"),
        begin("a") + end("b"),
        begin("a") + begin("b") + end("a") + end("b"),
        end("a") + begin("a"),
    ],
)
def test_a_region_that_is_not_closed_in_turn_is_refused(compiled: str) -> None:
    with pytest.raises(ValueError, match="region"):
        split(compiled)


def test_the_tokens_survive_the_compiler_that_prints_anything_but_ascii_as_an_escape() -> None:
    tokens = (
        slot("unsubscribe_url") + begin("topic:film-영화".encode("ascii", "ignore").decode()) + end("named")
    )
    assert tokens.isascii()
    assert not set(tokens) & set("<>&\"'\\ {}")


@given(st.lists(literals | names.map(slot)))
def test_text_without_regions_is_given_back_whole(parts: list[str]) -> None:
    compiled = "".join(parts)
    pieces = split(compiled)
    values = {piece.name: slot(piece.name) for piece in pieces if isinstance(piece, Slot)}
    assert merge(pieces, values, ()) == compiled


@given(
    st.recursive(literals, lambda inner: st.tuples(names, st.lists(inner, max_size=3)), max_leaves=8),
    st.sets(names),
)
def test_cutting_a_region_gives_what_a_compile_without_it_gives(
    tree: "str | tuple[str, list[object]]", extra: set[str]
) -> None:
    flags = {tree[0], *extra} if isinstance(tree, tuple) else extra
    assert merge(split(_compiled(tree, None)), {}, flags) == _compiled(tree, flags)


def _compiled(tree: object, flags: Collection[str] | None) -> str:
    """With every region between its tokens, or as if compiled for the subscribers with `flags` alone."""
    if not isinstance(tree, tuple):
        return str(tree)
    flag, children = tree
    inner = "".join(_compiled(child, flags) for child in children)
    if flags is None:
        return begin(flag) + inner + end(flag)
    return inner if flag in flags else ""


@pytest.mark.parametrize(
    ("subscriber", "gets"),
    [("ko", "ko"), ("KO", "ko"), ("ko-KR", "ko"), ("pt-BR", "pt-BR"), ("fr", "en"), ("", "en")],
)
def test_a_reader_gets_the_nearest_of_the_compiled_languages(subscriber: str, gets: str) -> None:
    assert language_for(subscriber, ["en", "ko", "pt-BR"]) == gets
