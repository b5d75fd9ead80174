from dataclasses import replace

import pytest

from agents.model import ModelFailed
from agents.models.circuit import (
    ACCESS_COOL_DOWN_SECONDS,
    COOL_DOWN_SECONDS,
    FAILURES,
    LONGEST_COOL_DOWN_SECONDS,
    Circuit,
)

DOWN = ModelFailed("LLM_UNAVAILABLE", "status 503", transient=True)
WRONG = ModelFailed("LLM_UNAVAILABLE", "status 400", fault="request")
REFUSED = ModelFailed("LLM_UNAVAILABLE", "key refused (status 401)", fault="access")


def busy(retry_after: float | None) -> ModelFailed:
    return ModelFailed("LLM_RATE_LIMITED", "status 429", transient=True, retry_after=retry_after)


def opened(now: float = 0.0) -> Circuit:
    circuit = Circuit()
    for _ in range(FAILURES):
        circuit = circuit.failed(DOWN, now)
    return circuit


def test_opens_after_failures_in_a_row() -> None:
    circuit = Circuit()
    for _ in range(FAILURES - 1):
        circuit = circuit.failed(DOWN, 0.0)
    assert (circuit.state, circuit.admits(0.0)) == ("closed", True)
    assert circuit.succeeded().failures == 0
    circuit = circuit.failed(DOWN, 0.0)
    assert (circuit.state, circuit.reason, circuit.detail) == ("open", "LLM_UNAVAILABLE", "status 503")
    assert not circuit.admits(COOL_DOWN_SECONDS - 0.01)
    assert circuit.cool_down(1.0) == COOL_DOWN_SECONDS - 1.0
    assert circuit.admits(COOL_DOWN_SECONDS)


def test_one_probe_at_a_time() -> None:
    circuit = opened().entered()
    assert (circuit.state, circuit.admits(1e9)) == ("half_open", False)


def test_a_probe_that_was_stopped_is_followed_by_another() -> None:
    circuit = opened().entered().left()
    assert (circuit.state, circuit.admits(COOL_DOWN_SECONDS)) == ("open", True)


def test_the_first_text_closes_on_probation_and_the_end_for_good() -> None:
    circuit = opened().entered().began()
    assert (circuit.state, circuit.failures) == ("closed", FAILURES - 1)
    assert circuit.failed(DOWN, 10.0).cool_down(10.0) == 2 * COOL_DOWN_SECONDS
    assert circuit.succeeded() == Circuit()


def test_the_cool_down_doubles_up_to_its_limit() -> None:
    circuit, now, waits = opened(), 0.0, []
    for _ in range(6):
        waits.append(circuit.cool_down(now))
        now += waits[-1]
        circuit = circuit.entered().failed(DOWN, now)
    assert waits == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]
    assert circuit.cool_down(now) == LONGEST_COOL_DOWN_SECONDS


def test_a_failure_from_before_the_opening_does_not_prolong_it() -> None:
    assert opened().failed(DOWN, 3.0) == opened()


def test_a_reported_failure_after_the_cool_down_opens_again() -> None:
    assert opened().failed(DOWN, COOL_DOWN_SECONDS).cool_down(COOL_DOWN_SECONDS) == 2 * COOL_DOWN_SECONDS


@pytest.mark.parametrize(
    ("failure", "seconds"),
    [
        (busy(30), 30.0),
        (busy(86_400), LONGEST_COOL_DOWN_SECONDS),
        (ModelFailed("LLM_UNAVAILABLE", "status 503", retry_after=7), 7.0),
        (REFUSED, ACCESS_COOL_DOWN_SECONDS),
    ],
)
def test_some_failures_open_at_once(failure: ModelFailed, seconds: float) -> None:
    circuit = Circuit().failed(failure, 100.0)
    assert (circuit.state, circuit.reason, circuit.detail) == ("open", failure.reason, failure.detail)
    assert circuit.cool_down(100.0) == seconds


@pytest.mark.parametrize("failure", [busy(None), busy(0), ModelFailed("LLM_STALLED", "silent"), DOWN])
def test_others_are_counted(failure: ModelFailed) -> None:
    circuit = Circuit().failed(failure, 100.0)
    assert (circuit.state, circuit.failures) == ("closed", 1)


@pytest.mark.parametrize("circuit", [Circuit(), replace(Circuit(), failures=FAILURES - 1), opened()])
def test_a_fault_of_the_request_counts_for_nothing(circuit: Circuit) -> None:
    assert circuit.failed(WRONG, 100.0) == circuit


def test_a_probe_with_a_wrong_request_was_no_probe() -> None:
    assert opened().entered().failed(WRONG, 100.0) == opened()
