"""What `/ready` says of the models' providers, and what customers notice of one that is down, on the real server."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agents.models.circuit import ACCESS_COOL_DOWN_SECONDS, COOL_DOWN_SECONDS, FAILURES
from tests.conversing import talking
from tests.model_server.running import Control
from tests.serving import Served, duplicate, serving

QUESTION = "What is the roof load of the Wren?"
LEADER, FALLBACK = "openai:fault-status-401", "openai:scripted"


@pytest.fixture(scope="module")
def served(ingested: Path, provider: Control, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    own = duplicate(ingested, tmp_path_factory.mktemp("breaker") / "data")
    settings = {
        "OPENAI_API_KEY": "sk-any",
        "OPENAI_BASE_URL": provider.base_url,
        "PITCREW_MODELS": f"{LEADER},{FALLBACK}",
    }
    with serving(own, **settings) as running:
        yield running


def ready(served: Served) -> tuple[int, dict[str, Any], dict[str, dict[str, Any]]]:
    """Status, the model's check, and its providers by name."""
    status, body, _ = served.get("/ready")
    check: dict[str, Any] = json.loads(body)["checks"]["model"]
    return status, check, {one["model"]: one for one in check["providers"]}


def asked(provider: Control) -> list[str]:
    return [request["model"] for request in provider.requests()]


async def test_from_a_refused_key_to_nobody_left_and_back(served: Served, provider: Control) -> None:
    status, check, providers = ready(served)
    assert (status, check["ok"]) == (200, True)
    assert {one["state"] for one in providers.values()} == {"closed"}
    assert provider.stats()["requests"] == 0

    async with talking(served.chat, served.token("asker")) as talk:
        for _ in range(2):
            assert (await talk.ask(QUESTION))[-1]["metadata"]["usage"]["model"] == FALLBACK
        assert asked(provider) == ["fault-status-401", "scripted", "scripted"]
        status, check, providers = ready(served)
        assert (status, check["ok"]) == (200, True)
        assert (providers[LEADER]["state"], providers[FALLBACK]["state"]) == ("open", "closed")
        assert providers[LEADER]["reason"] == "key refused (status 401)"
        assert ACCESS_COOL_DOWN_SECONDS - 60 < providers[LEADER]["retry_in_s"] <= ACCESS_COOL_DOWN_SECONDS

        provider.reset()
        provider.script(always={"kind": "status", "status": 503})
        while ready(served)[2][FALLBACK]["state"] == "closed":
            last = (await talk.ask(QUESTION))[-1]
            assert (last["type"], last["reason"]) == ("error", "LLM_UNAVAILABLE")
            assert provider.stats()["requests"] <= FAILURES
        assert provider.stats()["requests"] == FAILURES
        status, check, providers = ready(served)
        assert (status, check["ok"]) == (503, False)
        assert check["reason"] == (
            f"no model can be asked ({LEADER}: key refused (status 401), {FALLBACK}: status 503)"
        )
        assert 0 < providers[FALLBACK]["retry_in_s"] <= COOL_DOWN_SECONDS
        last = (await talk.ask(QUESTION))[-1]
        assert last["reason"] == "LLM_UNAVAILABLE"
        assert 0 < last["retry_after_ms"] <= COOL_DOWN_SECONDS * 1000
        assert provider.stats()["requests"] == FAILURES

        provider.reset()
        await asyncio.sleep(providers[FALLBACK]["retry_in_s"] + 0.1)
        status, check, providers = ready(served)
        assert (status, providers[FALLBACK]["state"]) == (200, "half_open")
        assert (await talk.ask(QUESTION))[-1]["type"] == "complete"
        assert ready(served)[2][FALLBACK]["state"] == "closed"
