"""`pitcrew ingest --dry-run --impact`: past questions whose sources would change.

Imported by the command that needs it, because what it imports is heavy.
"""

import textwrap
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from api.cli.ingestion import Ingestion
from api.cli.terminal.output import note, print_json
from api.migrations import head_revision, revision
from orchestrator.impact import Affected, Source, impact
from orchestrator.stores.sql import SqlStore
from rag.catalogue import Catalogue
from rag.database import open_database
from rag.ingestion.extract import Extractor
from rag.ingestion.ingest import Plan, extracted

_WIDTH = 110


def show_impact(ingestion: Ingestion, plan: Plan, *, json: bool) -> None:
    """Print the past questions that would lose a source, with what becomes of each citation."""
    settings = ingestion.settings
    if settings.embedded_sql and not Path(make_url(settings.sql_url).database or "").is_file():
        note("No question was asked yet.")
        return
    database = open_database(settings.sql_url)
    try:
        if revision(database) != head_revision():
            note("The database is of an older version: start the server, or run `pitcrew migrate`, first.")
            return
        catalogue = Catalogue(database)
        after = {name: (catalogue.text(name), text) for name, text in _texts(ingestion, plan).items()}
        answers = SqlStore(database).answers_citing(after)
        seen = list(impact(answers, catalogue.text, after))
    finally:
        database.dispose()
    affected = [effect for effect in seen if effect.lost]
    for effect in affected:
        if json:
            print_json(_object(effect))
        else:
            print(_describe(effect))
    note(f"{len(affected)} of {len(seen)} past questions that cite a document which changes would lose a source.")


def _texts(ingestion: Ingestion, plan: Plan) -> dict[str, str | None]:
    """What each document that is to change would say, None where it would go. Files that cannot be read change
    nothing."""
    texts: dict[str, str | None] = dict.fromkeys(plan.delete)
    documents = {file.id: file.id for file in plan.update} | {move.file.id: move.source for move in plan.move}
    files = [file for file in plan.files if file.id in documents]
    with Extractor() as extractor:
        for file, read in zip(files, extracted(ingestion.root, files, extractor), strict=True):
            if read.content is not None:
                texts[documents[file.id]] = read.content.text
    return texts


def _object(affected: Affected) -> dict[str, Any]:
    answer = affected.answer
    return {
        "question": answer.question,
        "asked_at": answer.asked_at,
        "run_id": answer.run_id,
        "conversation_id": answer.conversation_id,
        "citations": [
            {
                "number": source.passage.number,
                "document": source.passage.document_id,
                "version": source.passage.version,
                "start": source.passage.start,
                "end": source.passage.end,
                "state": source.becomes.state,
                "text": source.text,
                "becomes": source.becomes.text,
            }
            for source in affected.sources
        ],
    }


def _describe(affected: Affected) -> str:
    lines = [f"{affected.answer.asked_at[:16].replace('T', ' ')}  {affected.answer.question}"]
    for source in affected.lost:
        lines += _source_lines(source)
    return "\n".join((*lines, ""))


def _source_lines(source: Source) -> list[str]:
    passage = source.passage
    lines = [f"  [{passage.number}] {passage.document_id}, version {passage.version}: {source.becomes.state}"]
    lines += _wrapped(source.text, "      - ")
    return lines + (_wrapped(source.becomes.text, "      + ") if source.becomes.text else [])


def _wrapped(text: str, mark: str) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), _WIDTH, initial_indent=mark, subsequent_indent=" " * len(mark))
