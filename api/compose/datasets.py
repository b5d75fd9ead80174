"""The datasets that the settings name: those of the knowledge base, and those that were added."""

import asyncio
import os

from dotenv import dotenv_values
from sqlalchemy import Engine

from agents.dataset import Audience
from agents.datasets.collection import DatasetCatalogue
from api.compose import supplements
from api.compose.database import open_migrated_database
from api.settings import Settings


def open_datasets(settings: Settings, database: Engine) -> DatasetCatalogue:
    """Their catalogue, over a database at its newest migration; whoever opens it closes it. Starts nothing."""
    variables = {
        name: value
        for name, value in dotenv_values(str(settings.model_config["env_file"]), interpolate=False).items()
        if value is not None
    }
    folder, bundled = settings.data_dir / "datasets", supplements.current(settings) / supplements.DATASETS
    audience: Audience = "staff" if settings.production else "customers"
    return DatasetCatalogue(database, folder, bundled, audience=audience, variables=variables | os.environ)


def copy_datasets(settings: Settings) -> None:
    """Copy what has no copy of its present state, so that no server has to. What fails is logged."""
    database = open_migrated_database(settings)
    try:
        datasets = open_datasets(settings, database)
        datasets.prepare().result()
        asyncio.run(datasets.close())
    finally:
        database.dispose()
