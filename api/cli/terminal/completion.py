"""What a shell completes: names of specialists, datasets and documents. It must be quick, and may never fail."""

from collections.abc import Iterable, Sequence
from pathlib import Path

MOST = 500


def specialists(incomplete: str) -> list[str]:
    """Those that have a file, whether or not a customer may ask them."""
    folder = Path(__file__).parents[3] / "agents" / "specialists"
    return _beginning(incomplete, sorted(path.stem for path in folder.glob("[a-z]*.py")))


def datasets(incomplete: str) -> list[str]:
    """Those that come with the knowledge base, and those that were added."""
    from agents.datasets.registry import bundled
    from api.compose import supplements
    from api.settings import Settings

    try:
        folder = supplements.current(Settings()) / supplements.DATASETS
        return _beginning(incomplete, sorted({*bundled(folder), *_column("SELECT name FROM datasets")}))
    except Exception:  # a shell that is completing has no place for an error
        return []


def documents(incomplete: str) -> list[str]:
    """Those of the knowledge base, by their ids."""
    return _beginning(incomplete, _column(f"SELECT id FROM documents ORDER BY id LIMIT {MOST}"))  # noqa: S608


def _column(query: str) -> Sequence[str]:
    import sqlite3

    from sqlalchemy.engine import make_url

    from api.settings import Settings

    try:
        settings = Settings()
        if not settings.embedded_sql:
            return []
        with sqlite3.connect(f"file:{make_url(settings.sql_url).database}?mode=ro", uri=True, timeout=0.2) as database:
            return [str(row[0]) for row in database.execute(query)]
    except Exception:
        return []


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
