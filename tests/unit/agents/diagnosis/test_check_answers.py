import pytest

from agents.diagnosis import check_answers
from agents.diagnosis.guided_checks import Cause, Symptom
from agents.diagnosis.ranking import Answer
from tests.unit.agents.diagnosis.workshop_manual import checks


def symptom(name: str) -> Symptom:
    found = checks().named(name)
    assert found is not None
    return found


def cause(of: Symptom, name: str) -> Cause:
    return next(one for one in of.causes if one.name == name)


CHARGE = symptom("vehicle does not charge")
BLUE = cause(CHARGE, "departure time or low-tariff window set")
SCREEN = symptom("central display frozen or black")
HANGS = cause(SCREEN, "software hangs")
ADBLUE = symptom("AdBlue message stays after refilling")
LITRES = cause(ADBLUE, "less than 5 litres added")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("yes", "yes"),
        ("Yep!", "yes"),
        ("yeah it is", "yes"),
        ("it is", "yes"),
        ("ok yes, it does", "yes"),
        ("i think so, yes", "yes"),
        ("👍", "yes"),
        ("no", "no"),
        ("Nope.", "no"),
        ("no it isn't", "no"),
        ("it isn’t", "no"),
        ("not really", "no"),
        ("well, no", "no"),
        ("I don't know", "unknown"),
        ("no idea", "unknown"),
        ("can't tell, it's dark", "unknown"),
        ("not sure", "unknown"),
        ("haven't checked", "unknown"),
        ("maybe", "unknown"),
    ],
)
def test_bare_answers(text: str, answer: Answer) -> None:
    told = check_answers.read(text, CHARGE.causes, BLUE)
    assert told is not None
    assert told.answers[BLUE.name] == answer


@pytest.mark.parametrize(
    ("text", "asked", "answers"),
    [
        ("it's red", BLUE, {"fault of the plug connection, the vehicle or the station": "yes", BLUE.name: "no"}),
        ("no, it is solid green", BLUE, {BLUE.name: "no", "charge limit reached": "yes"}),
        ("it is not blue", BLUE, {BLUE.name: "no"}),
        ("the light is flashing blue", BLUE, {BLUE.name: "yes"}),
    ],
)
def test_signs_say_more_than_was_asked(text: str, asked: Cause, answers: dict[str, Answer]) -> None:
    told = check_answers.read(text, CHARGE.causes, asked)
    assert told is not None
    assert dict(told.answers) == answers
    assert not told.direct


@pytest.mark.parametrize(
    ("text", "name", "answer"),
    [
        ("ok, I checked the fuse, it is fine", "fuse F20", "no"),
        ("I looked at the fuse and it was blown", "fuse F20", "yes"),
        ("fuse checked already", "fuse F20", "no"),
        ("I already tried that", "software hangs", "no"),
        ("no change", "software hangs", "no"),
        ("that didn't help", "software hangs", "no"),
        ("it works again", "software hangs", "yes"),
        ("there's a usb stick in it", "USB device", "yes"),
    ],
)
def test_what_was_done_is_about_the_check_that_it_names(text: str, name: str, answer: Answer) -> None:
    told = check_answers.read(text, SCREEN.causes, HANGS)
    assert told is not None
    assert told.answers[name] == answer
    assert len(told.answers) <= 2


@pytest.mark.parametrize("text", ["My Wren won't charge, red light", "it doesn't charge and the light is red"])
def test_a_denial_reaches_no_further_than_its_clause(text: str) -> None:
    assert list(check_answers.signs_in(text, CHARGE.causes)) == [
        "fault of the plug connection, the vehicle or the station"
    ]


def test_where_no_speaks_for_a_cause_so_does_its_sign() -> None:
    told = check_answers.read("I added 2 litres", ADBLUE.causes, LITRES)
    assert told is not None
    assert told.answers[LITRES.name] == "no"


@pytest.mark.parametrize(
    "text", ["", "   ", "hello there", "the weather is nice", "Carrick, please", "x " * 200, "🔥" * 200]
)
def test_what_says_nothing_is_no_answer(text: str) -> None:
    assert check_answers.read(text, CHARGE.causes, BLUE) is None


@pytest.mark.parametrize(
    ("text", "helped"),
    [
        ("yes", True),
        ("that worked, thank you", True),
        ("fixed", True),
        ("no", False),
        ("still nothing", False),
        ("it didn't help", False),
        ("same problem", False),
        ("no luck", False),
        ("what oil does it take", None),
        ("", None),
    ],
)
def test_whether_advice_has_helped(text: str, helped: bool | None) -> None:
    assert check_answers.helped(text) is helped
