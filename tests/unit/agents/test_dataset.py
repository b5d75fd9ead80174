"""What the contract of datasets says by itself."""

import pytest

from agents.dataset import ALL, QueryFailed, cannot_be_read


@pytest.mark.parametrize("name", [ALL, "", "x" * 41, "a b", "<b>", "[a](b)", "a\n# b", "größe", "../etc/passwd"])
def test_only_what_can_be_a_name_is_repeated(name: str) -> None:
    assert cannot_be_read(name) == "The data cannot be read now: ask again later."


def test_a_dataset_is_called_by_its_name() -> None:
    assert cannot_be_read("desk_2") == "The dataset desk_2 cannot be read now: ask again later."


def test_what_was_too_large_ran_into_a_limit() -> None:
    assert QueryFailed("x", too_large=True).limit
    assert not QueryFailed("x", limit=True).too_large
