"""Databases of earlier versions, brought to the newest one with what is in them."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from agents import tables as appointment_tables
from api.migrations import MIGRATIONS, head_revision, migrate, revision
from orchestrator import tables as conversation_tables
from orchestrator.audit.act import SERVER, Act
from orchestrator.errors import StorageUnavailable
from orchestrator.stores.memory import ConversationMemory, decode_memory
from orchestrator.stores.sql_audit import SqlAudit
from rag import tables as knowledge_tables
from rag.catalogue import Catalogue, Standing
from rag.database import Transactions, open_database
from rag.releases import Releases

DOCUMENT = "INSERT INTO documents (id, subject, title, content_hash, text, ingested_at) VALUES (?, ?, ?, ?, ?, ?)"
CHUNK = (
    'INSERT INTO chunks (id, document_id, position, section, page, start, "end", text, header) '
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    opened = open_database(f"sqlite:///{tmp_path / 'pitcrew.db'}")
    yield opened
    opened.dispose()


def to(database: Engine, revision: str, *, down: bool = False) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.begin() as connection:
        config.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(config, revision)


def fill(database: Engine) -> None:
    """Two documents as they were stored before documents had versions."""
    with database.begin() as connection:
        for name in ("specs/wren.md", "root.md"):
            about = (name, name.partition("/")[0], "Wren", "a" * 64, "Tyres\n2.5 bar", "2026-11-20T10:00:00+00:00")
            connection.exec_driver_sql(DOCUMENT, about)
        for at in range(700):
            row = (f"chunk{at}", "specs/wren.md", at, '["Wren", "Tyres"]', 3, 6, 13, "2.5 bar", '["a", "b"]')
            connection.exec_driver_sql(CHUNK, row)


def test_the_newest_is_the_one_that_no_other_follows(database: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert head_revision() == ScriptDirectory.from_config(config).get_current_head()
    assert revision(database) is None
    to(database, "0002")
    assert revision(database) == "0002"
    migrate(database)
    assert revision(database) == head_revision()


def test_documents_become_their_first_versions(database: Engine) -> None:
    to(database, "0002")
    fill(database)
    migrate(database)
    catalogue = Catalogue(database)
    assert catalogue.generation() == 1
    assert catalogue.standings() == {
        "root.md": Standing("a" * 64, "a" * 64, 1),
        "specs/wren.md": Standing("a" * 64, "a" * 64, 1),
    }
    assert [(known.id, known.subject, known.title, known.chunks) for known in catalogue.documents()] == [
        ("root.md", "root.md", "Wren", 0),
        ("specs/wren.md", "specs", "Wren", 700),
    ]
    assert catalogue.text("specs/wren.md", 1) == catalogue.text("specs/wren.md") == "Tyres\n2.5 bar"
    chunk = catalogue.chunks(["chunk7"], 1)["chunk7"]
    assert (chunk.version, chunk.section, chunk.header, chunk.page) == (1, ("Wren", "Tyres"), ("a", "b"), 3)
    assert catalogue.fingerprints() == {chunk.fingerprint}
    assert len(catalogue.chunk_ids()) == 700
    assert [(one.generation, one.action, one.version) for one in catalogue.history("root.md")] == [(1, "add", 1)]


def test_the_next_release_comes_after_the_one_that_was_carried_over(database: Engine) -> None:
    to(database, "0002")
    fill(database)
    migrate(database)
    Releases(database).delete(["root.md"])
    catalogue = Catalogue(database)
    assert (catalogue.generation(), set(catalogue.hashes())) == (2, {"specs/wren.md"})


def test_an_empty_database_has_no_generation(database: Engine) -> None:
    to(database, "0002")
    migrate(database)
    assert Catalogue(database).generation() == 0
    assert Catalogue(database).standings() == {}


def test_the_way_back_keeps_what_is_shown(database: Engine) -> None:
    to(database, "0002")
    fill(database)
    migrate(database)
    Releases(database).delete(["root.md"])
    to(database, "0002", down=True)
    with database.connect() as connection:
        assert connection.execute(text("SELECT id, title, text FROM documents")).all() == [
            ("specs/wren.md", "Wren", "Tyres\n2.5 bar")
        ]
        assert connection.execute(text("SELECT count(*) FROM chunks")).scalar() == 700
    migrate(database)
    assert len(Catalogue(database).chunk_ids()) == 700


@pytest.mark.parametrize(
    "metadata", [knowledge_tables.metadata, appointment_tables.metadata, conversation_tables.metadata]
)
def test_the_migrations_make_the_tables_that_the_code_declares(database: Engine, metadata: object) -> None:
    migrate(database)

    def mine(_: object, name: str | None, kind: str, __: bool, ___: object) -> bool:
        return kind != "table" or name in metadata.tables  # type: ignore[attr-defined]

    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": mine, "compare_type": True})
        assert compare_metadata(context, metadata) == []  # type: ignore[arg-type]


def test_what_conversations_knew_becomes_their_memory_and_back(database: Engine) -> None:
    to(database, "0005")
    with database.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO conversations (id, owner, session_id, facts, head_seq, created_at, updated_at) "
            "VALUES ('c', 'anna', 's', '{\"model\": \"Wr\u00e9n\"}', 1, 't', 't')"
        )
        connection.exec_driver_sql(
            "INSERT INTO messages (id, conversation_id, run_id, seq, role, text, created_at) "
            "VALUES ('m', 'c', 'r', 1, 'customer', 'Hi', 't')"
        )
    migrate(database)
    with database.connect() as connection:
        memory = connection.execute(text("SELECT memory FROM conversations")).scalar_one()
        assert connection.execute(text("SELECT text FROM messages WHERE superseded_by IS NULL")).scalar() == "Hi"
    assert decode_memory(memory) == ConversationMemory({"model": "Wr\u00e9n"})
    to(database, "0005", down=True)
    with database.connect() as connection:
        facts = connection.execute(text("SELECT facts FROM conversations")).scalar_one()
    assert json.loads(facts) == {"model": "Wr\u00e9n"}


def test_what_was_audited_before_becomes_a_chain(database: Engine) -> None:
    to(database, "0016")
    with database.begin() as connection:
        for number, detail in ((3, '{"tags": ["Zo\u00eb", "vip"]}'), (7, "{}")):
            connection.exec_driver_sql(
                "INSERT INTO audit_log (id, at, staff_id, staff_name, operation, conversation_id, detail) "
                f"VALUES ({number}, '2026-11-01T00:00:0{number}Z', 'ad\u00e1 \\ \u2028', 'Ad\u00e1', 'tag', NULL, ?)",
                (detail,),
            )
    migrate(database)
    transactions = Transactions(database, StorageUnavailable)
    audit = SqlAudit(transactions)
    asyncio.run(audit.add(Act(SERVER, "started")))
    head, broken = asyncio.run(audit.verify())
    entries, _ = asyncio.run(audit.listed(9))
    transactions.close()
    assert (head.number, list(broken)) == (3, [])
    assert [entry.detail for entry in entries] == [{}, {}, {"tags": 2}]
    with pytest.raises(IntegrityError, match="append-only"), database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM audit_log")
    to(database, "0016", down=True)
    with pytest.raises(IntegrityError, match="append-only"), database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM audit_log")
