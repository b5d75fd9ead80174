"""The skills that learn from examples, with the embedder of the product."""

from dataclasses import replace
from pathlib import Path

import pytest

from agents.acts.reader import ActReader
from agents.context import Resources
from agents.learning.choice import Choices
from api.compose.knowledge import open_embedder
from api.compose.learnt import open_choices, open_learnt
from api.settings import Settings
from rag.embedder import Embedder
from tests import bundled
from tests.unit.agents.diagnosis import workshop_manual


@pytest.fixture(scope="session")
def embedder(ingested: Path) -> Embedder:
    """The server's own, as ingestion has prepared it."""
    return open_embedder(Settings(data_dir=ingested))


@pytest.fixture(scope="session")
def choices(embedder: Embedder) -> Choices:
    """What the skills have learnt."""
    return open_choices(embedder)


@pytest.fixture(scope="session")
def acts(embedder: Embedder, ingested: Path) -> ActReader:
    """The server's own."""
    return open_learnt(Settings(data_dir=ingested), embedder, None, bundled.vehicles()).acts


@pytest.fixture(scope="session")
def resources(embedder: Embedder, choices: Choices) -> Resources:
    """The bundled knowledge base."""
    return replace(workshop_manual.RESOURCES, embedder=embedder, choices=choices)
