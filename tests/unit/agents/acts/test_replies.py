"""What the assistant itself says, by the act of a message."""

from typing import get_args

import pytest

from agents.acts import language, replies
from agents.acts.act import ASIDE, FOR_SPECIALISTS, REPLIES_TO_US, Act, ActReading
from agents.acts.contacts import first_sentence, unmarked
from agents.specialist import Specialist
from agents.types import Part, Question, Route, StandaloneQuestion, Turn

CATALOGUE = tuple(Specialist(name, name.title(), "", (), (), "") for name in ("oil", "paint", "glass"))
LONGEST = 300
BY_SPECIALISTS = FOR_SPECIALISTS | {"danger", "book", "move", "cancel", "appointments"}


async def said(act: Act, text: str = "…", *history: Turn, **reading: str) -> str:
    question = Question(text, history)
    handled = await replies.respond(ActReading(act, **reading), question, {}, CATALOGUE, None)  # type: ignore[arg-type]
    return handled.text


@pytest.mark.parametrize("act", sorted(set(get_args(Act)) - BY_SPECIALISTS - {"language"}))
async def test_every_act_has_a_short_reply_without_an_apology_for_nothing(act: Act) -> None:
    text = await said(act)
    assert 0 < len(text) <= LONGEST
    if act not in {"complaint", "money_back", "unhelpful"}:
        assert "sorry" not in text


@pytest.mark.parametrize("code", language.SENTENCES)
async def test_other_languages_are_answered_in_their_own(code: str) -> None:
    text = await said("language", language=code)
    assert text == language.SENTENCES[code].format(contact="")
    assert language.CONTACTS[code].format(number="0700")


async def test_the_last_answer_is_said_again_without_its_markers_or_in_short() -> None:
    turns = (Turn("customer", "how much oil?"), Turn("assistant", "It takes 4.5 litres [1]. Check it warm [2].", "oil"))
    assert await said("repeat", "what?", *turns) == "It takes 4.5 litres. Check it warm."
    assert await said("shorten", "short please", *turns) == "It takes 4.5 litres."
    assert "not said anything" in await said("repeat")


def test_sentences_of_quotes_come_without_their_place() -> None:
    assert first_sentence("Our documents say, under *Oil*: Use 0W-20. Never more.") == "Use 0W-20."
    assert first_sentence("Our documents say, under *Oil* [1]:\n\n- Check it warm\n- Wait") == "Check it warm"
    assert unmarked("So it is [1], and so [2, 3].") == "So it is, and so."


def test_a_question_back_names_two_subjects_at_most() -> None:
    parts = tuple(Part(StandaloneQuestion("?"), name, 0.4) for name in ("paint", "glass"))
    assert "paint or glass" in replies.clarify(CATALOGUE, Route("clarify", 0.4, parts))
    assert "what exactly" in replies.clarify(CATALOGUE, Route("clarify", 0.4, parts[:1]))


def test_a_refusal_names_one_or_two_things_that_can_be_asked() -> None:
    text = replies.out_of_scope(CATALOGUE)
    assert "oil or paint" in text
    assert "glass" not in text


def test_groups_of_acts_do_not_overlap() -> None:
    assert not ASIDE & REPLIES_TO_US
    assert not FOR_SPECIALISTS & (ASIDE | REPLIES_TO_US)
