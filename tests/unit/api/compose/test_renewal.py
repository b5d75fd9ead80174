"""What is ingested reaches who answers without a restart, on one machine and from another."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from agents.types import Question
from api.compose import supplements
from api.compose.database import open_migrated_database
from api.compose.ground import open_ground
from api.compose.knowledge import Library, open_library, take_in_questions
from api.compose.renewal import Ingested, keeping_up
from api.compose.renewal import ingested as newest
from api.compose.responder import open_responder
from api.migrations import migrate
from api.settings import Settings
from rag.database import open_database
from tests.faults.counts import FULL
from tests.serving import KNOWLEDGE, duplicate

NEW = (
    'company/about-skelby-motors.md,About Skelby Motors,,"did your founder ever keep a parrot in the drawing office?"\n'
)


async def comes_true(condition: Callable[[], bool], seconds: float = 60) -> bool:
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(condition):
            await asyncio.sleep(0.1)
    return True


def known(library: Library) -> int:
    vectors = library.retriever.known_questions()
    return 0 if vectors is None else len(vectors)


@contextmanager
def migrated(ingested_data: Path, to: Path) -> Iterator[tuple[Settings, Engine]]:
    """Settings and database of an ingested data folder of the test's own."""
    settings = Settings(_env_file=None, data_dir=duplicate(ingested_data, to), knowledge_dir=KNOWLEDGE)  # type: ignore[call-arg]
    own = open_database(settings.sql_url)
    migrate(own)
    own.dispose()
    database = open_migrated_database(settings)
    try:
        yield settings, database
    finally:
        database.dispose()


def root_with(folder: Path, name: str, text: str) -> Path:
    """The root of a knowledge base like the one that was ingested, but that `text` is added to one file."""
    folder.mkdir()
    for each in (supplements.VEHICLES, supplements.QUESTIONS):
        shutil.copy(KNOWLEDGE / each, folder / each)
    with (folder / name).open("a") as file:
        file.write(text)
    return folder


async def test_a_running_server_takes_in_new_questions(ingested: Path, tmp_path: Path) -> None:
    with (
        migrated(ingested, tmp_path / "data") as (settings, database),
        open_library(settings, database, reader=True) as library,
    ):
        before = known(library)

        async def take_in(_: Ingested, now: Ingested) -> None:
            await asyncio.to_thread(take_in_questions, settings, library)

        async with keeping_up(settings, database, newest(settings, database), take_in, every_s=0.05):
            root = root_with(tmp_path / "root", supplements.QUESTIONS, NEW)
            assert before == known(library)
            taken = await asyncio.to_thread(supplements.take, settings, root)
            assert taken == supplements.Taken(("customer-questions.csv",))
            assert await comes_true(lambda: known(library) == before + 1)
            found = library.retriever.asked("Did the founder ever keep a parrot in the drawing office?")
            assert found[0].chunk.document_id == "company/about-skelby-motors.md"


PARROTS = """
[parrots]
description = "Parrots of the drawing office."
"""
QUILLFEATHER = "Quillfeather,Quillfeather 9,2026,electric motor,electricity,,Skelby\n"


@pytest.mark.parametrize("what", ["datasets", "vehicles"] if FULL else ["datasets"])
async def test_what_else_was_ingested_is_known_without_a_restart(ingested: Path, tmp_path: Path, what: str) -> None:
    """Who has begun to answer goes on with what there was. After a change of vehicles the examples are learnt again,
    which takes a minute: that is for the full proofs."""
    question = Question("I drive a Quillfeather 9 of 2026.")
    with migrated(ingested, tmp_path / "data") as (settings, database):
        async with AsyncExitStack() as stack:
            ground = await stack.enter_async_context(open_ground(settings))
            responder = await stack.enter_async_context(open_responder(ground))
            await responder.loading
            first = responder.graph.dependencies
            root = root_with(tmp_path / "root", supplements.VEHICLES, QUILLFEATHER if what == "vehicles" else "")
            shutil.copytree(KNOWLEDGE / supplements.DATASETS, root / supplements.DATASETS)
            with (root / supplements.DATASETS / supplements.DATASET_LIST).open("a") as file:
                file.write(PARROTS)
            (root / supplements.DATASETS / "parrots").mkdir()
            (root / supplements.DATASETS / "parrots" / "parrots.csv").write_text("name,age\nPolly,3\n")
            await asyncio.to_thread(supplements.take, settings, root)
            async with keeping_up(settings, database, responder.known, responder.take_in, every_s=0.05):
                assert await comes_true(lambda: responder.graph.dependencies is not first, 600)
            assert "parrots" in {one.name for one in await ground.datasets.registered()}
            facts = [(await each.understand(question)).facts for each in (first, responder.graph.dependencies)]
            assert [one.get("model") for one in facts] == [None, "Quillfeather" if what == "vehicles" else None]
