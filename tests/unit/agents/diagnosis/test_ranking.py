import pytest

from agents.diagnosis.guided_checks import Symptom
from agents.diagnosis.ranking import DOMINATES, Answer, confirming, find, refuting
from agents.vehicles.applicability import Cars
from tests.unit.agents.diagnosis.workshop_manual import checks


def symptom(name: str) -> Symptom:
    found = checks().named(name)
    assert found is not None
    return found


def cars(name: str) -> Cars:
    return checks().fitment.mentioned(name)


CHARGE = symptom("vehicle does not charge")
VIBRATES = symptom("steering wheel vibrates")


def test_probabilities_are_those_of_the_weights_before_any_check() -> None:
    finding = find(CHARGE, CHARGE.cars, {})
    assert sum(one.probability for one in finding.ranked) == pytest.approx(1)
    assert [one.probability for one in finding.ranked] == pytest.approx([4 / 18] * 3 + [2 / 18] * 3)
    assert finding.ask is finding.ranked[0].cause


def test_only_what_the_vehicle_can_have_is_ranked() -> None:
    start = symptom("vehicle does not start")
    for name in ("Wren", "Osprey", "Plover"):
        assert all(one.cause.cars & cars(name) for one in find(start, cars(name), {}).ranked)


def test_an_answer_multiplies_by_its_factor() -> None:
    finding = find(VIBRATES, VIBRATES.cars, {"wheels out of balance": "yes"})
    weights = [cause.weight * (3 if cause.name == "wheels out of balance" else 1) for cause in VIBRATES.causes]
    best = finding.ranked[0]
    assert best.cause.name == "wheels out of balance"
    assert best.probability == pytest.approx(max(weights) / sum(weights))


def test_a_confirming_answer_settles_it_and_an_excluding_one_leaves_the_rest() -> None:
    first, second, *_ = CHARGE.causes
    settled = find(CHARGE, CHARGE.cars, {first.name: confirming(first)})
    assert settled.cause is first
    assert settled.sure
    left = find(CHARGE, CHARGE.cars, {first.name: refuting(first)})
    assert left.ask is second
    assert first not in [one.cause for one in left.ranked]


def test_not_known_changes_no_probability_and_is_not_asked_again() -> None:
    first, second, *_ = CHARGE.causes
    finding = find(CHARGE, CHARGE.cars, {first.name: "unknown"})
    assert [one.probability for one in finding.ranked] == [
        one.probability for one in find(CHARGE, CHARGE.cars, {}).ranked
    ]
    assert finding.ask is second


def test_a_stored_code_confirms_its_cause_unless_its_check_says_no() -> None:
    limp = symptom("limp mode or loss of power")
    osprey = cars("Osprey")
    finding = find(limp, osprey, {}, ("P2463",))
    assert finding.cause is not None
    assert finding.cause.name == "diesel particulate filter full"
    checked = find(limp, osprey, {"diesel particulate filter full": "no"}, ("P2463",))
    assert checked.cause is None


def test_nothing_fits_where_all_are_excluded() -> None:
    finding = find(CHARGE, CHARGE.cars, {cause.name: refuting(cause) for cause in CHARGE.causes})
    assert finding.cause is None
    assert finding.ask is None


@pytest.mark.parametrize("answer", ["yes", "no", "unknown"])
@pytest.mark.parametrize("name", [one.name for one in checks().symptoms])
def test_every_way_through_a_symptom_comes_to_an_end(name: str, answer: Answer) -> None:
    of = symptom(name)
    answers: dict[str, Answer] = {}
    for _ in range(len(of.causes) + 1):
        finding = find(of, of.cars, answers)
        assert sum(one.probability for one in finding.ranked) <= 1 + 1e-9
        if finding.ask is None:
            break
        assert finding.ask.name not in answers
        answers[finding.ask.name] = answer
    else:
        pytest.fail("asked for ever")
    assert finding.cause is None or finding.sure or finding.ranked[0].probability <= 1
    assert DOMINATES < 1
