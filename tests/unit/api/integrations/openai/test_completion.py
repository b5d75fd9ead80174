"""Turns of every kind as OpenAI clients see them."""

from typing import Any

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from api.integrations.openai.completion import Completion, ending, usage_body
from api.integrations.openai.refusals import bad_parameter, error_body, failed_body, unknown_model
from orchestrator.errors import MessageTooLong, PitcrewError, RateLimited, ShuttingDown, UnknownAgent, error_classes
from orchestrator.events import Cancelled, Completed, Envelope, Failed, InputRequired, RunRestarted, UsageFigures
from tests.unit.api.turns_of_all_kinds import TURNS, Turn, completed, said


def chunks(turn: Turn, *, include_usage: bool = False, max_tokens: int | None = None) -> list[dict[str, Any]]:
    """What is streamed, up to an error."""
    completion = Completion("run", "specs", 1_700_000_000, include_usage, max_tokens)
    told = [completion.opening()]
    for seq, event in enumerate(turn.events, 1):
        for chunk in completion.chunks(Envelope("c", event, seq)):
            told.append(chunk)
            if "error" in chunk:
                return told
    return told


def text_of(told: list[dict[str, Any]]) -> str:
    return "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in told if chunk.get("choices"))


@pytest.mark.parametrize("name", TURNS)
def test_streams(name: str) -> None:
    turn = TURNS[name]
    told = chunks(turn)
    for chunk in told:
        if "error" not in chunk:
            ChatCompletionChunk.model_validate(chunk, strict=True)
    assert told[0]["choices"][0]["delta"]["role"] == "assistant"
    reasons = [chunk["choices"][0]["finish_reason"] for chunk in told if "error" not in chunk]
    if isinstance(turn.events[-1], Completed | InputRequired) and name != "restarted":
        assert text_of(told) == turn.text
        assert [reason for reason in reasons if reason] == ["stop"]
        assert reasons[-1] == "stop"
    else:
        assert not any(reasons)
        assert turn.text.startswith(text_of(told)) or name == "restarted"
        assert ("error" in told[-1]) is (name != "left by the server")


@pytest.mark.parametrize("name", [name for name, turn in TURNS.items() if not name.startswith("left")])
def test_whole_answers(name: str) -> None:
    turn = TURNS[name]
    end = ending(Envelope("c", turn.events[-1], len(turn.events)))
    if isinstance(turn.events[-1], Failed | Cancelled):
        assert end.error is not None
        assert end.error.plain()["error"]["code"]
        return
    completion = Completion("run", "specs", 1_700_000_000)
    for event in turn.events:
        completion.heed(Envelope("c", event))
    whole = completion.whole(end)
    answer = ChatCompletion.model_validate(whole, strict=True)
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == (turn.text, "stop")
    own = whole["pitcrew"]
    assert own["session_id"] == "s"
    streamed = [chunk["pitcrew"] for chunk in chunks(turn) if "pitcrew" in chunk]
    assert name == "restarted" or own == {key: value for part in streamed for key, value in part.items()}
    if name == "an analysis":
        assert list(own["data_ready"]["rows"]) == [{"n": 1}]
        assert own["verification"]["is_valid"] is True
        assert own["diagram"] == "erDiagram"


def test_begun_again_with_the_same_words() -> None:
    turn = Turn((*said("It ", "has "), RunRestarted("run", 2), *said("It ", "has ", "85."), completed("It has 85.")))
    assert text_of(chunks(turn)) == "It has 85."


def test_begun_again_with_other_words() -> None:
    told = chunks(TURNS["restarted"])
    assert told[-1]["error"]["code"] == "interrupted"
    assert text_of(told) == "It has "


def test_usage_and_length() -> None:
    usage = UsageFigures("m", 100, 20, 64)
    turn = Turn((*said("It "), completed("It ", truncated=True, usage=usage)))
    *before, last = chunks(turn, include_usage=True)
    assert all(chunk["usage"] is None for chunk in before)
    assert before[-1]["choices"][0]["finish_reason"] == "length"
    assert (last["choices"], last["usage"]) == ([], usage_body(usage))
    assert last["usage"]["total_tokens"] == 120
    assert last["usage"]["prompt_tokens_details"] == {"cached_tokens": 64}


def test_no_more_than_was_asked_for() -> None:
    answer = "The roof load is 50 kg [1]. It counts with the carrier."
    words = [*(f"{word} " for word in answer.split()[:-1]), answer.split()[-1]]
    for most, text, reason in ((4, "The roof load is", "length"), (1, "The", "length"), (99, answer, "stop")):
        turn = Turn((*said(*words), completed(answer)))
        told = chunks(turn, max_tokens=most)
        assert text_of(told).rstrip() == text
        assert told[-1]["choices"][0]["finish_reason"] == reason
        completion = Completion("run", "specs", 1, max_tokens=most)
        whole = completion.whole(ending(Envelope("c", turn.events[-1], 9)))
        [choice] = whole["choices"]
        assert (choice["message"]["content"].rstrip(), choice["finish_reason"]) == (text, reason)
        assert completion.text == choice["message"]["content"]


@pytest.mark.parametrize("kind", error_classes())
def test_every_refusal_has_a_shape(kind: type[PitcrewError]) -> None:
    body = error_body(kind())
    assert set(body.plain()["error"]) == {"message", "type", "param", "code"}
    assert body.message
    assert body.code == (body.code or "").lower()
    assert body.headers()["x-should-retry"] == ("true" if kind.retryable else "false")


def test_when_to_come_again() -> None:
    assert error_body(RateLimited(retry_after_ms=1_001)).headers()["Retry-After"] == "2"
    assert error_body(ShuttingDown()).headers()["Retry-After"] == "5"
    assert failed_body(Failed("r", "LLM_RATE_LIMITED", "Busy.", "ref", True, 3_000)).headers()["Retry-After"] == "3"
    assert [failed_body(Failed("r", reason, "x", "ref")).status for reason in ("RUN_TIMEOUT", "INTERNAL")] == [504, 502]
    assert "specs" in error_body(UnknownAgent(["specs"])).message
    assert "x" * 65 not in unknown_model("x" * 10_000, ["specs"]).body.message
    assert error_body(MessageTooLong(field="message")).param == "messages"
    assert bad_parameter("n", "Expected a number.").body.code == "invalid_value"
