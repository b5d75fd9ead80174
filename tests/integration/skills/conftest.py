"""The skills that learn from examples, with the embedder of the product."""

from dataclasses import replace
from pathlib import Path

import pytest

from agents.context import Resources
from api.compose.knowledge import open_embedder
from api.settings import Settings
from rag.embedder import Embedder
from tests.unit.agents.diagnosis import workshop_manual


@pytest.fixture(scope="session")
def embedder(ingested: Path) -> Embedder:
    """The server's own, as ingestion has prepared it."""
    return open_embedder(Settings(data_dir=ingested))


@pytest.fixture(scope="session")
def resources(embedder: Embedder) -> Resources:
    """The bundled knowledge base."""
    return replace(workshop_manual.RESOURCES, embedder=embedder)
