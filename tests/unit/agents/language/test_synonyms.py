import pytest

from agents.language import synonyms


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How often is the oil changed?", "interval"),
        ("When is the belt due?", "interval"),
        ("How long does charging take?", "duration"),
        ("When do you open?", "moment"),
        ("What is the tyre pressure?", "pressure"),
        ("How heavy is it?", "weight"),
        ("What does a key cost?", "money"),
        ("How many seats are there?", "number"),
        ("Which oil do I need?", "name"),
        ("What is the hotline?", "telephone"),
        ("Is it safe?", None),
        ("How do I check the tyre pressure?", None),
    ],
)
def test_the_kind_of_value_that_a_question_expects(question: str, kind: str | None) -> None:
    assert synonyms.expected(question) == kind


@pytest.mark.parametrize(
    ("kind", "text", "holds"),
    [
        ("pressure", "2.4 bar", True),
        ("pressure", "the pressure is right", False),
        ("interval", "12 months or 20,000 km", True),
        ("interval", "the interval differs", False),
        ("power", "85 kW (116 hp)", True),
        ("power", "14.6 kWh/100 km", False),
        ("length", "3,985 mm", True),
        ("telephone", "0700 555 999", True),
        ("mail", "care@example.org", True),
    ],
)
def test_values(kind: str, text: str, holds: bool) -> None:
    assert synonyms.has_value(kind, text) is holds


@pytest.mark.parametrize("question", ["How do I book?", "What should I do now?", "Show me the procedure"])
def test_questions_for_steps(question: str) -> None:
    assert synonyms.form(question) == "steps"


def test_words_of_like_meaning_are_known_by_their_stems() -> None:
    assert "boot" in synonyms.alike("trunk")
    assert "trunk" not in synonyms.alike("trunk")
    assert synonyms.alike("zzz") == frozenset()


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Where is the fuse box?", None),
        ("What is meant by nose weight?", None),
        ("How high is the fee?", "money"),
        ("How long until I can pick it up?", "duration"),
        ("What engine oil grade is specified?", "name"),
    ],
)
def test_the_noun_asked_for_decides_what_is_expected(question: str, kind: str | None) -> None:
    assert synonyms.expected(question) == kind
