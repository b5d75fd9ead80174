"""Lines of a question set as cases."""

import math
from dataclasses import replace

import pytest

from orchestrator.evaluation.cases import Case, identity, parse_case


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


@pytest.mark.parametrize(
    "line",
    [
        {"id": 1},
        {"text": "x"},
        {"id": 1, "text": 5},
        {"id": 1, "text": "x", "routes": 3},
        {"id": 1, "text": "x", "relevant": {"a": -1}},
        {"id": 1, "text": "x", "relevant": {"a": math.inf}},
        {"id": 1, "text": "x", "relevant": "a"},
        {"id": 1, "text": "x", "history": [{"role": "nobody", "text": "x"}]},
    ],
)
def test_a_line_that_is_no_case_says_why(line: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"text|id|routes|relevant|role"):
        parse_case(line)


def test_ids_are_the_same_when_their_json_is() -> None:
    assert identity({"a": 1, "b": [2]}) == identity({"b": [2], "a": 1})
    assert len({identity(1), identity("1"), identity(None), identity([1])}) == 4


def test_a_fingerprint_changes_with_what_is_asked_or_expected_alone() -> None:
    line = {"id": 1, "text": "x", "routes": ["a", "b"], "documents": ["d", "e"], "facts": {"m": "n", "o": "p"}}
    case = parse_case(line)
    same = {
        "id": 1,
        "facts": {"o": "p", "m": "n"},
        "text": "x",
        "routes": ["b", "a"],
        "note": 1,
        "documents": ["e", "d"],
    }
    assert parse_case(same).fingerprint == case.fingerprint
    changed = [
        replace(case, id=2),
        replace(case, text="y"),
        replace(case, facts={}),
        replace(case, routes=frozenset("a")),
        replace(case, kind="absent"),
        replace(case, documents=("d",)),
        replace(case, contains=("z",)),
        replace(case, relevant={"d": 1.0, "e": 2.0}),
    ]
    assert len({case.fingerprint, *(one.fingerprint for one in changed)}) == 1 + len(changed)


def test_a_case_without_relevance_differs_from_one_that_nothing_answers() -> None:
    assert Case(1, "x").fingerprint != Case(1, "x", relevant={}).fingerprint
