"""Figures of routing, against values worked out by hand."""

import pytest

from orchestrator.evaluation.cases import Case
from orchestrator.evaluation.routing import Routed, RoutingOutcome, figures, outcome

OUT = frozenset({"out_of_scope"})


def routed(*pairs: tuple[str, str]) -> list[RoutingOutcome]:
    """Outcomes of `expected`, `predicted`, each several names joined by `+`, the expected also none."""
    return [
        outcome(
            Case(number, "x", routes=frozenset(expected.split("+")) if expected else frozenset()),
            Routed(frozenset(predicted.split("+")), 0.9),
        )
        for number, (expected, predicted) in enumerate(pairs)
    ]


def test_routing_counts_whole_sets_of_specialists() -> None:
    cases = [
        Case(1, "a", routes=frozenset({"specs"})),
        Case(2, "b", routes=frozenset({"specs", "maintenance"}), kind="two_in_one"),
        Case(3, "c", routes=OUT, kind="out_of_scope"),
        Case(4, "d"),
    ]
    made = [
        Routed(frozenset({"specs"}), 0.9),
        Routed(frozenset({"specs"}), 0.7),
        Routed(OUT, 0.8),
        Routed(frozenset({"specs"}), 0.4, asked_back=True),
    ]
    found = figures([outcome(case, one) for case, one in zip(cases, made, strict=True)])
    assert (found["cases"], found["scored"]) == (4, 3)
    assert found["accuracy"] == found["intervals"]["accuracy"]["value"] == pytest.approx(2 / 3, abs=1e-4)
    assert found["asked_back"] == 0.25
    assert found["by_kind"] == {"out_of_scope": 1.0, "plain": 1.0, "two_in_one": 0.0}
    assert found["by_route"]["maintenance"] == {"cases": 1, "recall": 0.0, "precision": None, "f1": 0.0}
    assert found["by_route"]["specs"] == {"cases": 2, "recall": 1.0, "precision": 1.0, "f1": 1.0}
    assert found["macro_f1"] == pytest.approx(2 / 3, abs=1e-4)


def test_what_is_for_a_specialist_is_kept_wherever_it_goes_but_refused() -> None:
    found = figures(
        routed(("a", "a"), ("a", "b"), ("a+b", "human"), ("b", "out_of_scope"), ("human", "out_of_scope"))
        + routed(("out_of_scope", "out_of_scope"), ("out_of_scope", "a"), ("", "out_of_scope"))
    )
    assert found["in_scope_kept"] == 0.75
    assert found["out_of_scope_recall"] == 0.5


def test_confusion_has_expected_rows_and_predicted_columns() -> None:
    found = figures(routed(("a", "a"), ("a", "b"), ("a", "b"), ("b+a", "a"), ("", "b")))
    assert found["confusion"] == {"a": {"a": 1, "b": 2}, "a+b": {"a": 1}}


def test_without_known_routes_there_are_predictions_and_no_figures() -> None:
    found = figures(routed(("", "a"), ("", "b")))
    assert (found["scored"], found["accuracy"], found["macro_f1"], found["coverage"]) == (0, None, None, [])
    assert found["asked_back"] == 0.0


def test_the_sure_and_right_come_before_the_unsure_and_wrong() -> None:
    cases = [Case(number, "x", routes=frozenset({"a"})) for number in range(10)]
    made = [Routed(frozenset({"a" if number < 8 else "b"}), 1.0 - number / 20) for number in range(10)]
    found = figures([outcome(case, one) for case, one in zip(cases, made, strict=True)])
    assert (found["accuracy"], found["accuracy@80"], found["accuracy@90"]) == (0.8, 1.0, pytest.approx(8 / 9, abs=1e-4))
    assert found["coverage"][-1] == {"coverage": 1.0, "accuracy": 0.8}
