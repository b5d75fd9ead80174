"""The scores, against values worked out by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.evaluate import (
    Answer,
    Case,
    Ranked,
    Routed,
    answerable_from,
    auroc,
    calibration_error,
    judge,
    ndcg,
    parse_case,
    recall,
    reciprocal_rank,
    score_answers,
    score_retrieval,
    score_routing,
)

DOCUMENTS = [f"d{number}" for number in range(20)]
rankings = st.permutations(DOCUMENTS).map(lambda ranked: ranked[:10])
gains = st.dictionaries(st.sampled_from(DOCUMENTS), st.sampled_from([1.0, 2.0]), min_size=1, max_size=12)


def test_a_line_with_one_route_is_a_case_with_one_route() -> None:
    case = parse_case({"id": 7, "text": "How heavy is it?", "route": "specs", "unknown": [1]})
    assert (case.id, case.routes, case.relevant) == (7, {"specs"}, None)


def test_a_line_of_the_project_s_own_set_is_read_whole() -> None:
    line = {
        "id": "q1",
        "text": "And in winter?",
        "history": [{"role": "customer", "text": "How far does it go?"}],
        "facts": {"model": "Wren"},
        "routes": ["specs", "maintenance"],
        "kind": "two_in_one",
        "documents": ["specs/wren.md"],
        "contains": ["400 km"],
    }
    case = parse_case(line)
    assert case.history[0].text == "How far does it go?"
    assert case.routes == {"specs", "maintenance"}
    assert case.relevant == {"specs/wren.md": 1.0}


@pytest.mark.parametrize(
    ("kind", "routes"), [("out_of_scope", {"out_of_scope"}), ("human", {"human"}), ("plain", set())]
)
def test_what_the_router_answers_itself_has_its_kind_as_route(kind: str, routes: set[str]) -> None:
    assert parse_case({"id": 1, "text": "x", "kind": kind, "routes": []}).routes == routes


@pytest.mark.parametrize(
    ("given", "relevant"),
    [([3, "a"], {"3": 1.0, "a": 1.0}), ({"a": 2}, {"a": 2.0}), ([], {})],
)
def test_relevant_documents_are_a_list_or_gains(given: object, relevant: dict[str, float]) -> None:
    assert parse_case({"id": 1, "question": "x", "relevant": given}).relevant == relevant


def test_no_document_is_relevant_to_what_is_absent() -> None:
    assert parse_case({"id": 1, "text": "x", "kind": "absent", "documents": []}).relevant == {}


@pytest.mark.parametrize("line", [{"id": 1}, {"text": "x"}, {"id": 1, "text": 5}, {"id": 1, "text": "x", "routes": 3}])
def test_a_line_that_is_no_case_says_why(line: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"text|id|routes"):
        parse_case(line)


def test_routing_counts_whole_sets_of_specialists() -> None:
    cases = [
        Case(1, "a", routes=frozenset({"specs"})),
        Case(2, "b", routes=frozenset({"specs", "maintenance"}), kind="two_in_one"),
        Case(3, "c", routes=frozenset({"out_of_scope"}), kind="out_of_scope"),
        Case(4, "d"),
    ]
    made = [
        Routed(frozenset({"specs"}), 0.9),
        Routed(frozenset({"specs"}), 0.7),
        Routed(frozenset({"out_of_scope"}), 0.8),
        Routed(frozenset({"specs"}), 0.4, asked_back=True),
    ]
    figures = score_routing(cases, made)
    assert figures["scored"] == 3
    assert figures["accuracy"] == pytest.approx(2 / 3, abs=1e-4)
    assert figures["asked_back"] == 0.25
    assert figures["by_kind"] == {"out_of_scope": 1.0, "plain": 1.0, "two_in_one": 0.0}
    assert figures["by_route"]["maintenance"] == {"cases": 1, "recall": 0.0, "precision": None}
    assert figures["by_route"]["specs"] == {"cases": 2, "recall": 1.0, "precision": 1.0}


def test_calibration_error_is_the_weighted_distance() -> None:
    # One bin of two at 0.85 with one right (0.35 apart), one of two at 0.15 with none right (0.15 apart).
    assert calibration_error([0.85, 0.85, 0.15, 0.15], [True, False, False, False]) == 0.25
    assert calibration_error([1.0], [True]) == 0.0
    assert calibration_error([], []) is None


def test_ranking_figures_by_hand() -> None:
    relevant = {"a": 1.0, "b": 1.0}
    ranked = ["x", "a", "y", "b"]
    best = 1 + 1 / math.log2(3)
    assert ndcg(relevant, ranked) == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / best)
    assert [recall(relevant, ranked, k) for k in (1, 2, 4)] == [0.0, 0.5, 1.0]
    assert reciprocal_rank(relevant, ranked) == 0.5


@given(gains, rankings)
def test_ranking_figures_are_shares(relevant: dict[str, float], ranked: list[str]) -> None:
    assert 0.0 <= ndcg(relevant, ranked) <= 1.0 + 1e-9
    assert recall(relevant, ranked, 1) <= recall(relevant, ranked, 5) <= recall(relevant, ranked, 10) <= 1.0
    assert (reciprocal_rank(relevant, ranked) > 0) == (recall(relevant, ranked, 10) > 0)


@given(gains)
def test_the_best_order_has_full_gain(relevant: dict[str, float]) -> None:
    best = sorted(relevant, key=lambda document: -relevant[document])
    assert ndcg(relevant, best) == pytest.approx(1.0)


def test_what_is_ranked_eleventh_counts_nowhere() -> None:
    ranked = [f"x{number}" for number in range(10)] + ["a"]
    assert ndcg({"a": 1.0}, ranked) == reciprocal_rank({"a": 1.0}, ranked) == recall({"a": 1.0}, ranked, 10) == 0.0


def test_auroc_is_the_share_of_pairs_in_order() -> None:
    assert auroc([0.9, 0.5], [0.5, 0.1]) == 0.875
    assert auroc([], [0.1]) is None


def test_retrieval_leaves_questions_without_relevant_documents_out_of_the_means() -> None:
    cases = [Case(1, "a", relevant={"a": 1.0}), Case(2, "b", relevant={}), Case(3, "c")]
    made = [Ranked(("a",), 0.9), Ranked(("a",), 0.2), Ranked((), 0.1)]
    figures = score_retrieval(cases, made)
    assert (figures["cases"], figures["scored"], figures["ndcg@10"]) == (3, 1, 1.0)
    assert figures["answerable_auroc"] == 1.0


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_better_passage_never_makes_an_answer_less_likely(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0.0 < answerable_from(low) <= answerable_from(high) < 1.0


ASKED = Case("q", "x", routes=frozenset({"specs"}), documents=("specs/wren.md",), contains=("115 kW", "Wren 58"))


def answer(**changes: object) -> Answer:
    fields: dict[str, object] = {
        "routes": frozenset({"specs"}),
        "response": "The wren\n58 has 115 kw [1].",
        "sources": ("a", "b", "c", "d", "specs/wren.md", "e"),
        "cited": True,
        "declined": False,
    }
    return Answer(**(fields | changes))  # type: ignore[arg-type]


def test_a_good_answer_passes_whatever_its_case_and_spacing() -> None:
    verdict = judge(ASKED, answer())
    assert verdict.checks == {"route": True, "contains": True, "source": True}
    assert verdict.passed


@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        ({"routes": frozenset({"clarify"})}, "route"),
        ({"routes": frozenset({"specs", "maintenance"})}, "route"),
        ({"response": "The Wren 58 has 115 PS."}, "contains"),
        ({"sources": ("a", "b", "c", "d", "e", "specs/wren.md")}, "source"),
    ],
)
def test_each_check_fails_alone(changes: dict[str, object], failed: str) -> None:
    verdict = judge(ASKED, answer(**changes))
    assert [name for name, good in verdict.checks.items() if not good] == [failed]


@pytest.mark.parametrize(
    ("declined", "cited", "good"), [(True, True, True), (False, False, True), (False, True, False)]
)
def test_what_is_absent_must_be_declined(declined: bool, cited: bool, good: bool) -> None:
    verdict = judge(Case("q", "x", kind="absent"), answer(declined=declined, cited=cited))
    assert verdict.checks == {"declined": good}


def test_out_of_scope_is_a_matter_of_the_route_alone() -> None:
    case = Case("q", "x", kind="out_of_scope", routes=frozenset({"out_of_scope"}), contains=("never",))
    assert judge(case, answer(routes=frozenset({"out_of_scope"}))).checks == {"route": True}


def test_answers_are_summed_up_by_kind_and_the_failed_named() -> None:
    absent = Case("p", "x", kind="absent")
    figures = score_answers([judge(ASKED, answer()), judge(absent, answer())])
    assert figures["overall"]["passed"] == 0.5
    assert figures["by_kind"]["absent"] == {
        "cases": 1,
        "passed": 0.0,
        "route": None,
        "contains": None,
        "source": None,
        "declined": 0.0,
    }
    assert figures["failed"] == ["p"]
