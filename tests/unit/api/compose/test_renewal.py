"""What customers asked reaches who answers without a restart, on one machine and from another."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

from api.compose import supplements
from api.compose.database import open_migrated_database
from api.compose.knowledge import Library, open_library
from api.compose.renewal import taking_in
from api.migrations import migrate
from api.settings import Settings
from rag.database import open_database
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


async def test_a_running_server_takes_in_new_questions(ingested: Path, tmp_path: Path) -> None:
    data = duplicate(ingested, tmp_path / "data")
    settings = Settings(_env_file=None, data_dir=data, knowledge_dir=KNOWLEDGE)  # type: ignore[call-arg]
    own = open_database(settings.sql_url)
    migrate(own)
    own.dispose()
    database = open_migrated_database(settings)
    with open_library(settings, database, reader=True) as library:
        before = known(library)
        async with taking_in(settings, database, library, every_s=0.05):
            root = tmp_path / "root"
            root.mkdir()
            for name in (supplements.VEHICLES, supplements.QUESTIONS):
                shutil.copy(KNOWLEDGE / name, root / name)
            with (root / supplements.QUESTIONS).open("a") as file:
                file.write(NEW)
            assert before == known(library)
            assert await asyncio.to_thread(supplements.take, settings, root) == supplements.Taken(
                ("customer-questions.csv",)
            )
            assert await comes_true(lambda: known(library) == before + 1)
            found = library.retriever.asked("Did the founder ever keep a parrot in the drawing office?")
            assert found[0].chunk.document_id == "company/about-skelby-motors.md"
    database.dispose()
