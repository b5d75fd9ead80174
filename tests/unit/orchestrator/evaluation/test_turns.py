"""Whether a turn gave the customer what they needed."""

from pathlib import Path

import pytest

from api.cli.evaluation.dialogues import read_dialogues
from orchestrator.evaluation.turns import REPLIES, replies, verdict

SETS = sorted((Path(__file__).parents[4] / "benchmarks" / "dialogues").glob("*.toml"))


@pytest.mark.parametrize("file", SETS, ids=lambda file: file.stem)
def test_the_sets_can_be_held_and_every_turn_says_what_would_do(file: Path) -> None:
    dialogues = read_dialogues(file)
    lines = [line for dialogue in dialogues for line in dialogue.lines]
    assert len(dialogues) >= 100
    assert len(lines) >= 200
    assert all(line.outcomes and line.most and line.why for line in lines)


def test_an_answer_needs_one_text_of_each_group_and_none_that_is_false() -> None:
    needs = (("45 l", "45 litres"), ("hybrid",))
    right = verdict("45  Litres, Hybrid.", frozenset({"answer"}), outcomes=("answer",), needs=needs)
    assert (right.right, right.wrong) == (True, False)
    lacking = verdict("45 litres.", frozenset({"answer"}), outcomes=("answer",), needs=needs)
    assert (lacking.right, lacking.wrong) == (False, True)
    false = verdict("45 l hybrid, 52 l", frozenset({"answer"}), outcomes=("answer",), needs=needs, lacks=("52 l",))
    assert (false.right, false.wrong) == (False, True)


def test_a_quote_that_is_not_called_the_answer_is_wrong_only_where_it_says_what_is_false() -> None:
    quote = verdict("Tank: 45 l", frozenset({"answer"}), outcomes=("answer",), needs=(("505",),), hedged=True)
    assert (quote.right, quote.wrong) == (False, False)
    false = verdict("Boot: 560 l", frozenset({"answer"}), outcomes=("answer",), lacks=("560",), hedged=True)
    assert false.wrong


def test_a_question_back_needs_nothing_where_it_would_do() -> None:
    assert verdict("Which one?", frozenset({"ask"}), outcomes=("answer", "ask"), needs=(("45",),)).right


def test_declining_what_is_known_is_needless_and_length_is_told_apart() -> None:
    declined = verdict("Sorry.", frozenset({"decline"}), outcomes=("answer",), most=3)
    assert (declined.needless, declined.wrong, declined.short) == (True, False, False)
    assert not verdict("Sorry.", frozenset({"decline"}), outcomes=("decline",), known=False).needless


@pytest.mark.parametrize(
    ("agent", "act", "statuses", "kinds"),
    [
        ("talk", "greeting", (), {"small_talk"}),
        ("talk", "statement", (), {"acknowledge"}),
        ("human", "person", (), {"person"}),
        ("human", "request", (), {"person"}),
        ("out_of_scope", "request", (), {"refuse"}),
        ("clarify", "request", (), {"ask"}),
        ("specs", "request", ("answered", "declined"), {"answer"}),
        ("specs", "request", ("declined",), {"decline"}),
        ("troubleshooting", "danger", ("to_person",), {"danger"}),
    ],
)
def test_the_kind_of_a_reply(agent: str, act: str, statuses: tuple[str, ...], kinds: set[str]) -> None:
    assert replies(agent, act, statuses) == kinds
    assert kinds <= set(REPLIES)
    assert replies("t", "request", ("asked_back",), cites=True) == {"ask", "answer"}


def test_a_reply_that_has_looked_up_and_cites_nothing_takes_note() -> None:
    assert replies("care", "request", ("answered",), looked_up=False) == {"acknowledge"}
    assert replies("care", "request", ("answered",)) == {"answer"}
    assert replies("care", "request", ("answered",), cites=True, looked_up=False) == {"answer"}
    assert replies("care", "request", ("asked_back",), looked_up=False) == {"ask"}
