"""The JSON of the OpenAI API: completions, their stream chunks, errors, embeddings."""

import hashlib
import json
import math
import re
import time
from collections.abc import Sequence
from typing import Any

EMBEDDING_SIZE = 64


def completion(call_id: str, model: str, message: dict[str, Any], finish: str, usage: dict[str, Any]) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "logprobs": None, "finish_reason": finish}
    return {**head(call_id, model, "chat.completion"), "choices": [choice], "usage": usage}


def head(call_id: str, model: str, kind: str) -> dict[str, Any]:
    return {"id": call_id, "object": kind, "created": int(time.time()), "model": model}


class Chunks:
    """Makes the stream chunks of one completion, as JSON text."""

    def __init__(self, call_id: str, model: str) -> None:
        self._head = head(call_id, model, "chat.completion.chunk")

    def raw(self, choices: list[dict[str, Any]], **extra: Any) -> str:
        return json.dumps({**self._head, "choices": choices, **extra})

    def delta(self, delta: dict[str, Any] | None, finish: str | None = None) -> str:
        return self.raw([{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}])

    def role(self) -> str:
        return self.delta({"role": "assistant", "content": ""})

    def text(self, piece: str) -> str:
        return self.delta({"content": piece})

    def usage(self, usage: dict[str, Any]) -> str:
        return self.raw([], usage=usage)


def tool_call(call_id: str, name: str, arguments: str) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {"id": f"call_{call_id}", "type": "function", "function": function}


def usage_of(messages: Sequence[dict[str, Any]], pieces: int) -> dict[str, Any]:
    """Tokens counted as four characters in, one piece out; all messages but the last had been seen before."""
    sent, cached = (len(json.dumps(some)) // 4 for some in (messages, messages[:-1]))
    return {
        "prompt_tokens": sent,
        "completion_tokens": pieces,
        "total_tokens": sent + pieces,
        "prompt_tokens_details": {"cached_tokens": cached},
    }


def error(message: str, kind: str = "invalid_request_error", code: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def embedding(text: str) -> list[float]:
    """A unit vector of hashed words: texts that share words are near each other."""
    vector = [0.0] * EMBEDDING_SIZE
    for word in re.findall(r"\w+", text.casefold()):
        digest = hashlib.blake2b(word.encode(), digest_size=4).digest()
        vector[int.from_bytes(digest[:2], "big") % EMBEDDING_SIZE] += 1.0 if digest[2] % 2 else -1.0
    norm = math.sqrt(sum(value * value for value in vector))
    return [value / norm for value in vector] if norm else [1.0, *vector[1:]]
