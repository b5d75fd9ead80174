"""Figures of retrieval, against values worked out by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.evaluation.cases import Case
from orchestrator.evaluation.retrieval import (
    Ranked,
    figures,
    ndcg,
    outcome,
    recall,
    reciprocal_rank,
)

DOCUMENTS = [f"d{number}" for number in range(20)]
rankings = st.permutations(DOCUMENTS).map(lambda ranked: ranked[:10])
gains = st.dictionaries(st.sampled_from(DOCUMENTS), st.sampled_from([1.0, 2.0]), min_size=1, max_size=12)


def test_ranking_figures_by_hand() -> None:
    relevant = {"a": 1.0, "b": 1.0}
    ranked = ["x", "a", "y", "b"]
    best = 1 + 1 / math.log2(3)
    assert ndcg(relevant, ranked) == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / best)
    assert [recall(relevant, ranked, k) for k in (1, 2, 4)] == [0.0, 0.5, 1.0]
    assert reciprocal_rank(relevant, ranked) == 0.5


@given(gains, rankings)
def test_ranking_figures_are_shares(relevant: dict[str, float], ranked: list[str]) -> None:
    assert 0.0 <= ndcg(relevant, ranked) <= 1.0
    assert recall(relevant, ranked, 1) <= recall(relevant, ranked, 5) <= recall(relevant, ranked, 10) <= 1.0
    assert (reciprocal_rank(relevant, ranked) > 0) == (recall(relevant, ranked, 10) > 0)


@given(gains)
def test_the_best_order_has_full_gain(relevant: dict[str, float]) -> None:
    best = sorted(relevant, key=lambda document: -relevant[document])
    assert ndcg(relevant, best) == pytest.approx(1.0)


def test_what_is_ranked_eleventh_counts_nowhere() -> None:
    ranked = [f"x{number}" for number in range(10)] + ["a"]
    assert ndcg({"a": 1.0}, ranked) == reciprocal_rank({"a": 1.0}, ranked) == recall({"a": 1.0}, ranked, 10) == 0.0


def test_questions_without_relevant_documents_are_left_out_of_the_means() -> None:
    cases = [Case(1, "a", relevant={"a": 1.0}), Case(2, "b", relevant={}), Case(3, "c")]
    made = [Ranked(("a",), 0.9), Ranked(("a",), 0.2), Ranked((), 0.1)]
    found = figures([outcome(case, one) for case, one in zip(cases, made, strict=True)])
    assert (found["cases"], found["scored"], found["unanswerable"], found["ndcg@10"]) == (3, 1, 1, 1.0)
    assert found["answerable_auroc"] == 1.0


def test_what_has_no_answer_is_wrong_when_it_is_answered() -> None:
    cases = [Case(1, "a", relevant={"a": 1.0}), Case(2, "b", relevant={"b": 1.0, "c": 1.0}), Case(3, "c", relevant={})]
    made = [Ranked(("a",), 0.9), Ranked(("c",), 0.8), Ranked(("a",), 0.3)]
    points = figures([outcome(case, one) for case, one in zip(cases, made, strict=True)])["coverage"]
    accuracies = {point["coverage"]: point["accuracy"] for point in points}
    assert accuracies[0.65] == 1.0
    assert accuracies[1.0] == pytest.approx(2 / 3, abs=1e-4)


def test_a_document_without_gain_is_not_relevant() -> None:
    one = outcome(Case(1, "x", relevant={"a": 0.0}), Ranked(("a",), 0.5))
    assert (one.has_answer, one.scores, one.first_right) == (False, {}, False)
