"""The datasets that the settings name: those of the knowledge base, and those that were added."""

from sqlalchemy import Engine

from agents.datasets.catalogue import DatasetCatalogue
from api.settings import Settings

BUNDLED = "datasets"
"""The folder of the knowledge base with datasets; nothing in it is a document."""


def open_datasets(settings: Settings, database: Engine) -> DatasetCatalogue:
    """Their catalogue, over a database at its newest migration; whoever opens it closes it. Starts nothing."""
    return DatasetCatalogue(database, settings.data_dir / "datasets", settings.knowledge_dir / BUNDLED)
