from collections.abc import Mapping
from typing import Any

import httpx
import openai
import pytest

from agents.model import Fault, ToolsRefused
from agents.models.openai_compatible import failure_of

REQUEST = httpx.Request("POST", "http://127.0.0.1/v1/chat/completions")
MODERATED = {"code": 403, "message": "flagged", "metadata": {"reasons": ["violence"], "flagged_input": "…"}}


def refusal(status: int, body: object = None, headers: Mapping[str, str] | None = None) -> openai.APIStatusError:
    response = httpx.Response(status, headers=headers, request=REQUEST)
    kind: Any = openai.RateLimitError if status == 429 else openai.APIStatusError
    made: openai.APIStatusError = kind("sk-secret was refused", response=response, body=body)
    return made


@pytest.mark.parametrize(
    ("status", "body", "fault", "transient"),
    [
        (400, None, "request", False),
        (401, None, "access", False),
        (402, {"message": "Insufficient Balance"}, "access", False),
        (403, {"message": "The key has no rights"}, "access", False),
        (403, "text", "access", False),
        (403, MODERATED, "request", False),
        (404, None, "request", False),
        (408, None, "provider", True),
        (413, None, "request", False),
        (429, None, "provider", True),
        (500, None, "provider", True),
        (529, None, "provider", True),
    ],
)
def test_whose_fault_a_status_is(status: int, body: object, fault: Fault, transient: bool) -> None:
    failure = failure_of(refusal(status, body))
    assert (failure.fault, failure.transient) == (fault, transient)
    assert str(status) in failure.detail
    assert "sk-secret" not in str(failure)


OLLAMA = {"message": "registry.ollama.ai/library/gemma3:4b does not support tools", "type": "api_error", "code": None}
LLAMA_CPP = {"code": 500, "message": "tools param requires --jinja flag", "type": "server_error"}
OLDER_LLAMA_CPP = {"code": 500, "message": "Unsupported param: tools", "type": "server_error"}
VLLM = {"object": "error", "message": '"auto" tool choice requires --enable-auto-tool-choice', "code": 400}


@pytest.mark.parametrize(
    ("status", "body"), [(400, OLLAMA), (500, LLAMA_CPP), (500, OLDER_LLAMA_CPP), (400, VLLM), (400, "no tool support")]
)
def test_servers_that_refuse_tools(status: int, body: object) -> None:
    failure = failure_of(refusal(status, body), with_tools=True)
    assert isinstance(failure, ToolsRefused)
    assert (failure.fault, failure.transient) == ("request", False)
    assert not isinstance(failure_of(refusal(status, body)), ToolsRefused), "none were offered"


@pytest.mark.parametrize("body", [None, "the context is too long", {"message": "invalid messages"}])
def test_other_refusals_say_nothing_of_tools(body: object) -> None:
    assert not isinstance(failure_of(refusal(400, body), with_tools=True), ToolsRefused)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("said", "seconds"), [("7", 7.0), ("0.5", 0.5), ("-1", 0.0), ("soon", None), (None, None)])
def test_the_providers_wish_for_rest(status: int, said: str | None, seconds: float | None) -> None:
    headers = {} if said is None else {"retry-after": said}
    assert failure_of(refusal(status, headers=headers)).retry_after == seconds


@pytest.mark.parametrize(
    ("error", "reason", "fault"),
    [
        (openai.APITimeoutError(REQUEST), "LLM_TIMEOUT", "provider"),
        (openai.APIConnectionError(request=REQUEST), "LLM_UNAVAILABLE", "provider"),
        (ValueError("no JSON"), "LLM_BAD_STREAM", "request"),
    ],
)
def test_what_never_became_an_answer(error: Exception, reason: str, fault: Fault) -> None:
    failure = failure_of(error)
    assert (failure.reason, failure.fault) == (reason, fault)
