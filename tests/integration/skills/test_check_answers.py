import pytest

from agents.diagnosis import check_answers
from agents.diagnosis.guided_checks import Cause, Symptom
from agents.diagnosis.ranking import Answer
from agents.learning.choice import Choices
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
def test_bare_answers(text: str, answer: Answer, choices: Choices) -> None:
    told = check_answers.read(text, CHARGE, CHARGE.causes, BLUE, choices)
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
def test_signs_say_more_than_was_asked(text: str, asked: Cause, answers: dict[str, Answer], choices: Choices) -> None:
    told = check_answers.read(text, CHARGE, CHARGE.causes, asked, choices)
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
def test_what_was_done_is_about_the_check_that_it_names(text: str, name: str, answer: Answer, choices: Choices) -> None:
    told = check_answers.read(text, SCREEN, SCREEN.causes, HANGS, choices)
    assert told.answers[name] == answer
    assert len(told.answers) <= 2


@pytest.mark.parametrize("text", ["My Wren won't charge, red light", "it doesn't charge and the light is red"])
def test_a_denial_reaches_no_further_than_its_clause(text: str, choices: Choices) -> None:
    assert list(check_answers.read(text, CHARGE, CHARGE.causes, None, choices).answers) == [
        "fault of the plug connection, the vehicle or the station"
    ]


def test_where_no_speaks_for_a_cause_so_does_its_sign(choices: Choices) -> None:
    told = check_answers.read("I added 2 litres", ADBLUE, ADBLUE.causes, LITRES, choices)
    assert told.answers[LITRES.name] == "no"


@pytest.mark.parametrize(
    "text", ["", "   ", "hello there", "the weather is nice", "Carrick, please", "x " * 200, "🔥" * 200]
)
def test_what_says_nothing_is_no_answer(text: str, choices: Choices) -> None:
    assert not check_answers.read(text, CHARGE, CHARGE.causes, BLUE, choices).answers


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("yes, all good again", "solved"),
        ("that worked, thank you", "solved"),
        ("fixed", "solved"),
        ("still nothing", "failed"),
        ("it didn't help", "failed"),
        ("same problem", "failed"),
        ("no luck", "failed"),
        ("what oil does it take", "question"),
        ("can you book it in please", "book"),
        ("let's leave it", "close"),
        ("hang on, start again", "restart"),
        ("right, where were we", "resume"),
        ("only now and then", "partly"),
        ("x " * 200, ""),
        ("", ""),
    ],
)
def test_what_a_reply_does(text: str, kind: str, choices: Choices) -> None:
    assert check_answers.kind(text, choices) == kind
