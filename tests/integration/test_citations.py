"""Citations checked before release, black box: a scripted model answers rightly and wrongly, and what the metadata says
of it is the same live, resumed, over HTTP, and after the documents have changed."""

import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conversing import Frame, talking, text_of
from tests.model_server.running import Control
from tests.serving import KNOWLEDGE, Served, duplicate, environment, pitcrew, serving

QUESTION = "What is the roof load of the Wren in kg, and what is it on the Heron, the Osprey and the Plover?"
RIGHT = "The roof of a Wren carries up to 50 kg"


@dataclass
class Shop:
    """A server with a knowledge base of its own."""

    served: Served
    knowledge: Path
    data: Path


@pytest.fixture(scope="module")
def shop(provider: Control, ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("citations")
    knowledge = Path(shutil.copytree(KNOWLEDGE, folder / "knowledge"))
    data = duplicate(ingested, folder / "data")
    settings = {
        "OPENAI_API_KEY": "sk-scripted",
        "OPENAI_BASE_URL": provider.base_url,
        "PITCREW_MODELS": "openai:scripted",
        "PITCREW_ANSWER_TOKENS": "20000",
    }
    with serving(data, **settings) as served:
        yield Shop(served, knowledge, data)


async def told(shop: Shop, provider: Control, answer: str, session: str, size: int = 0) -> tuple[list[Frame], Frame]:
    """The sources and the end of an answer in which the model says `answer`."""
    provider.reset()
    provider.script({"kind": "says", "payload": answer, "after": size})
    async with talking(shop.served.chat, shop.served.token("citing")) as talk:
        frames = await talk.ask(QUESTION, session_id=session)
    complete = frames[-1]
    assert complete["type"] == "complete"
    assert text_of(frames) == complete["response"]
    for found in complete["metadata"].get("unsupported", []):
        assert complete["response"][found["start"] : found["end"]] == found["text"]
    for found in complete["metadata"].get("misplaced", []):
        assert f"{found['number']}" in complete["response"][found["start"] : found["end"]]
    passages = next(frame["passages"] for frame in frames if frame["type"] == "sources")
    for cited in complete["metadata"]["context"]["citations"]:
        passage = passages[cited["number"] - 1]
        assert (passage["id"], passage["version"]) == (cited["passage_id"], cited["version"])
        span = passage["text"][cited["start"] - passage["start"] : cited["end"] - passage["start"]]
        assert span == cited["text"]
    return passages, complete


async def numbers(shop: Shop, provider: Control) -> tuple[int, int]:
    """The markers of the passage that holds the roof loads and of one without their figure."""
    passages, _ = await told(shop, provider, "Hello!", "markers")
    holding = [n for n, passage in enumerate(passages, start=1) if re.search(r"\b50 kg", passage["text"])]
    strange = [n for n, passage in enumerate(passages, start=1) if not re.search(r"\b50\b", passage["text"])]
    assert holding and strange, [passage["text"][:80] for passage in passages]  # noqa: PT018
    return holding[0], strange[-1]


def cited(complete: Frame) -> list[int]:
    return [one["number"] for one in complete["metadata"]["context"]["citations"]]


async def test_a_right_answer_is_cited_by_its_evidence(shop: Shop, provider: Control) -> None:
    right, _ = await numbers(shop, provider)
    _, complete = await told(shop, provider, f"{RIGHT} [{right}].", "right")
    metadata = complete["metadata"]
    assert "flagged" not in metadata
    assert "unsupported" not in metadata
    assert "misplaced" not in metadata
    (citation,) = metadata["context"]["citations"]
    assert citation["number"] == right
    assert "50 kg" in citation["text"]


async def test_a_wrong_figure_is_unsupported_and_flags_the_run(shop: Shop, provider: Control) -> None:
    right, _ = await numbers(shop, provider)
    answer = f"Hello! The roof of a Wren carries up to 65 kg [{right}]. {RIGHT} [{right}]."
    _, complete = await told(shop, provider, answer, "wrong")
    metadata = complete["metadata"]
    assert [one["text"] for one in metadata["unsupported"]] == [f"The roof of a Wren carries up to 65 kg [{right}]."]
    assert metadata["flagged"] is True
    assert [(one["number"], one["instead"]) for one in metadata["misplaced"]] == [(right, None)]
    assert cited(complete) == [right]
    with sqlite3.connect(shop.data / "pitcrew.db") as database:
        run_id = complete["run_id"]
        assert database.execute("SELECT flagged FROM runs WHERE id = ?", (run_id,)).fetchone() == (1,)
        rows = database.execute("SELECT number, cited FROM citations WHERE run_id = ?", (run_id,)).fetchall()
    assert [number for number, was_cited in rows if was_cited] == [right]
    assert len(rows) > 1


async def test_a_citation_of_the_wrong_passage_moves_to_the_right_one(shop: Shop, provider: Control) -> None:
    _right, strange = await numbers(shop, provider)
    _, complete = await told(shop, provider, f"{RIGHT} [{strange}].", "moved")
    metadata = complete["metadata"]
    assert "unsupported" not in metadata
    (moved,) = metadata["misplaced"]
    assert moved["number"] == strange
    assert complete["response"][moved["start"] : moved["end"]] == f"[{strange}]"
    assert cited(complete) == [moved["instead"]]
    assert moved["instead"] != strange
    assert "50 kg" in metadata["context"]["citations"][0]["text"]


@pytest.mark.parametrize("size", [1, 2, 3])
async def test_markers_cut_in_pieces_and_of_no_passage(shop: Shop, provider: Control, size: int) -> None:
    right, _ = await numbers(shop, provider)
    _, complete = await told(shop, provider, f"{RIGHT} [{right}, 77][99].", f"cut-{size}", size)
    assert complete["response"] == f"{RIGHT} [{right}]."
    assert cited(complete) == [right]
    assert "unsupported" not in complete["metadata"]


async def test_an_answer_without_markers_is_checked_all_the_same(shop: Shop, provider: Control) -> None:
    _, complete = await told(shop, provider, f"{RIGHT}. The roof of a Heron carries 95 kg.", "bare")
    assert cited(complete) == []
    assert [one["text"] for one in complete["metadata"]["unsupported"]] == ["The roof of a Heron carries 95 kg."]


async def test_ten_thousand_tokens_are_checked(shop: Shop, provider: Control) -> None:
    right, _ = await numbers(shop, provider)
    sentences = [f"{RIGHT} [{right}].", "It also carries 1,234 kg."]
    _, complete = await told(shop, provider, " ".join(sentences * 720), "long")
    assert len(complete["response"].split()) > 10_000
    assert len(complete["metadata"]["unsupported"]) == 720
    assert cited(complete) == [right]


async def history(shop: Shop, session: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The metadata of the answers of a session as resuming gives it, and as HTTP does."""
    token = shop.served.token("citing")
    async with talking(shop.served.chat, token) as talk:
        await talk.send({"type": "resume", "session_id": session, "after": 0, "request": "1"})
        frames = []
        while not frames or frames[-1]["type"] != "done":
            frames.append(await talk.receive())
    resumed = [frame["metadata"] for frame in frames if frame["type"] == "complete"]
    _, body, _ = shop.served.get(f"/api/v1/sessions/{session}/messages", token)
    return resumed, [one["metadata"] for one in json.loads(body)["messages"] if one["role"] == "assistant"]


async def test_reloading_gives_the_same_citations_also_after_the_document_changed(
    shop: Shop, provider: Control
) -> None:
    right, strange = await numbers(shop, provider)
    answer = f"{RIGHT} [{right}]. {RIGHT} [{strange}]. The roof of a Wren carries up to 65 kg [{right}]."
    _, complete = await told(shop, provider, answer, "reload")
    live = complete["metadata"]
    assert live["context"]["citations"]
    assert live["misplaced"]
    assert live["unsupported"]
    assert await history(shop, "reload") == ([live], [live])

    changed = shop.knowledge / live["context"]["citations"][0]["source"]
    changed.write_text("# News\n\nA first line.\n\n" + changed.read_text().replace("50 kg", "55 kg"))
    done = pitcrew("ingest", str(shop.knowledge), env=environment(shop.data))
    assert done.returncode == 0, done.stderr
    assert await history(shop, "reload") == ([live], [live])
    texts = {}
    with sqlite3.connect(shop.data / "pitcrew.db") as database:
        for citation in live["context"]["citations"]:
            key = (citation["source"], citation["version"])
            texts[key] = database.execute(
                "SELECT text FROM versions WHERE document_id = ? AND number = ?", key
            ).fetchone()[0]
    for citation in live["context"]["citations"]:
        stored = texts[citation["source"], citation["version"]]
        assert stored[citation["start"] : citation["end"]] == citation["text"]
