"""What clients call their messages, as the engine takes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.protocol.bodies import message_name
from orchestrator.commands import Send

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=100)


@pytest.mark.parametrize("name", ["m-1", "A_b-9" * 12, "x" * 64])
def test_a_name_of_the_engines_form_stands_as_it_is(name: str) -> None:
    assert message_name(name) == name


@given(names, names)
def test_any_other_has_one_that_the_engine_takes_and_no_other_has(one: str, other: str) -> None:
    Send("Hi", client_message_id=message_name(one)).check()
    assert (message_name(one) == message_name(other)) is (one == other)
