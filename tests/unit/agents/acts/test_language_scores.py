"""The languages' scores are those of py3langid."""

import pytest
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from agents.acts.language import SENTENCES
from agents.acts.language_scores import opened

LINES = (
    *SENTENCES.values(),
    "What is the boot size of the Heron?",
    "ou est la roue de secours",
    "ČESKY PŘÍLIŠ",
    "123 é",
    "ok",
    "\ud800x",
    "中文",
)


@pytest.fixture(scope="module")
def known() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(["en", *SENTENCES])
    return identifier


@pytest.mark.parametrize("line", LINES)
def test_they_are_those_of_the_whole_model(known: LanguageIdentifier, line: str) -> None:
    assert opened().shares(line) == pytest.approx(dict(known.rank(line)), abs=1e-6)


def test_the_languages_are_those_that_there_are_words_for() -> None:
    assert {*opened().languages} == {"en", *SENTENCES}, "run `make fit`"
