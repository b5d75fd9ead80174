import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answerability import answerable

scores = st.lists(st.floats(0.0, 1.0), max_size=30).map(lambda some: sorted(some, reverse=True))


@given(scores, st.booleans())
def test_it_is_a_probability(found: list[float], unknown: bool) -> None:
    assert 0.0 <= answerable(found, unknown=unknown) <= 1.0


@given(scores, st.floats(0.0, 1.0))
def test_a_better_first_passage_never_makes_an_answer_less_likely(found: list[float], better: float) -> None:
    if not found:
        return
    raised = [max(better, found[0]), *found[1:]]
    assert answerable(raised) >= answerable(found)


@given(scores)
def test_an_unknown_identifier_makes_an_answer_less_likely(found: list[float]) -> None:
    if found:
        assert answerable(found, unknown=True) < answerable(found)


def test_no_passages_answer_nothing() -> None:
    assert answerable([]) == 0.0
    assert answerable([], unknown=True) == 0.0


def test_a_passage_that_stands_out_answers_and_one_of_many_alike_does_not() -> None:
    assert answerable([0.8, *[0.3] * 9]) > 0.9
    assert answerable([0.3] * 10) < 0.5
    assert answerable([0.8, *[0.3] * 9], unknown=True) < 0.5


def test_only_the_first_passages_count() -> None:
    first = [0.7, *[0.4] * 9]
    assert answerable([*first, *[0.0] * 50]) == pytest.approx(answerable(first))
