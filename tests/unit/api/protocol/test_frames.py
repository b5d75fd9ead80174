import contextlib
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.protocol.frames import MAX_DEPTH, convert, parse_object
from orchestrator.errors import BadJson, BadRequest

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text("abcdef", max_size=5), plain, max_size=4))
def test_ordinary_json_comes_through_unchanged(value: dict[str, object]) -> None:
    assert parse_object(json.dumps(value)) == value


@given(st.text(max_size=60))
def test_any_text_is_an_object_or_a_typed_error(text: str) -> None:
    with contextlib.suppress(BadJson, BadRequest):
        assert isinstance(parse_object(text), dict)


def test_depth() -> None:
    assert parse_object('{"a":' * MAX_DEPTH + "1" + "}" * MAX_DEPTH)
    with pytest.raises(BadJson):
        parse_object('{"a":' * (MAX_DEPTH + 1) + "1" + "}" * (MAX_DEPTH + 1))


class Frame(msgspec.Struct):
    count: int
    name: str = ""


@pytest.mark.parametrize(
    ("body", "field"),
    [({"count": "1"}, "count"), ({"count": 1, "name": 5}, "name"), ({}, "count"), ({"count": None}, "count")],
)
def test_a_wrong_field_is_named(body: dict[str, object], field: str) -> None:
    with pytest.raises(BadRequest) as refused:
        convert(body, Frame)
    assert refused.value.field == field


def test_null_is_absent_and_unknown_fields_are_ignored() -> None:
    assert convert({"count": 1, "name": None, "other": [1]}, Frame) == Frame(1, "")
