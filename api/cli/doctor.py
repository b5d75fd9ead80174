"""`pitcrew doctor`: is everything there that an assistant needs?"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.finding import Finding
from api.cli.terminal.output import print_json
from api.failure import FAILURE

if TYPE_CHECKING:
    from agents.models.providers import Model
    from api.settings import Settings
    from rag.embedder import Embedder

PYTHON = (3, 11)
PORT = 8000
SECONDS = 2.0
"""For a model server on this machine that the settings name."""
MOST_NAMES = 6
_SYMBOLS = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}


def doctor(
    online: Annotated[
        bool, typer.Option("--online", help="Also ask the model providers whether the keys work.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object per check.")] = False,
) -> None:
    """Check the installation, the data and the settings; say how to fix what is wrong. Changes nothing.

    Example: pitcrew doctor --online
    """
    failed = False
    for finding in _findings(online=online):
        failed = failed or finding.state == "fail"
        if json:
            print_json(asdict(finding))
        else:
            fix = f"\n                   -> {finding.fix}" if finding.fix else ""
            print(f"{_SYMBOLS[finding.state]}  {finding.part:<11}  {finding.message}{fix}", flush=True)
    if failed:
        raise typer.Exit(FAILURE)


def _findings(*, online: bool) -> Iterator[Finding]:
    from api.cli.read_tables import read_tables
    from api.cli.shared_parts import shared_parts

    yield _python()
    packages = _packages()
    yield packages
    settings, wrong = _settings()
    yield from wrong
    yield _data_folder(settings)
    yield _secret(settings)
    database = _database(settings)
    yield database
    yield from shared_parts(settings)
    if packages.state != "fail":
        embedder, weights = _embedding(settings)
        yield weights
        if embedder and database.state == "ok":
            yield _knowledge(settings, embedder)
            yield _supplements(settings)
            yield from read_tables(settings)
    yield from _models(settings, online=online)
    yield _port()


def _settings() -> "tuple[Settings, list[Finding]]":
    """The settings, each that cannot be read as if it were not set, and what is wrong with those and with others."""
    from pydantic import ValidationError

    from api.compose.server import refusals
    from api.failure import misset
    from api.settings import Settings, setting_name

    try:
        settings, wrong = Settings(), []
    except ValidationError as error:
        problems = misset(error)
        fields = {setting_name(name): field for name, field in Settings.model_fields.items()} | Settings.model_fields
        unset = {name: fields[name].get_default() for name in problems}
        settings = Settings(**unset)
        wrong = [Finding("settings", "fail", problem, "Correct it, or unset it.") for problem in problems.values()]
    wrong += [Finding("settings", "fail", str(refusal), "Correct it, or unset it.") for refusal in refusals(settings)]
    return settings, wrong or [Finding("settings", "ok", "can all be read")]


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < PYTHON:
        required = ".".join(map(str, PYTHON))
        return Finding("python", "fail", f"{version} is too old", f"Install Python {required} or newer.")
    return Finding("python", "ok", version)


def _packages() -> Finding:
    """The packages that the project requires, in the versions that it requires."""
    from importlib.metadata import PackageNotFoundError, version

    from packaging.requirements import Requirement

    wrong = []
    needed = [Requirement(line) for line in _requirements()]
    for requirement in needed:
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            wrong.append(f"{requirement.name} is missing")
            continue
        if not requirement.specifier.contains(installed, prereleases=True):
            wrong.append(f"{requirement.name} is {installed}, needed {requirement.specifier}")
    if wrong:
        return Finding("packages", "fail", "; ".join(wrong), "Install them: make setup")
    return Finding("packages", "ok", f"{len(needed)} installed")


def _requirements() -> list[str]:
    """What the project depends on, from its source folder or, once installed, from its metadata."""
    import tomllib
    from importlib.metadata import requires

    project = Path(__file__).parents[2] / "pyproject.toml"
    if project.is_file():
        return list(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["dependencies"])
    return [line for line in requires("pitcrew") or [] if "extra ==" not in line]


def _data_folder(settings: "Settings") -> Finding:
    import os

    folder = settings.data_dir
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        return Finding("data", "fail", f"{folder} cannot be written", "Change its owner, or set PITCREW_DATA_DIR.")
    return Finding("data", "ok", str(folder) + ("" if folder.exists() else " (will be made)"))


def _secret(settings: "Settings") -> Finding:
    from api.access.auth import token_rules
    from api.settings import BadSetting

    if not (settings.production or settings.jwt_public_key or settings.jwt_secret.get_secret_value()):
        if settings.clustered:
            message = "a secret in the data folder signs them: a server with another folder takes none of them"
            return Finding("tokens", "warn", message, "Give all servers the same PITCREW_JWT_SECRET.")
        return Finding("tokens", "ok", "development: a secret in the data folder signs them")
    try:
        rules = token_rules(settings)
    except BadSetting as error:
        return Finding("tokens", "fail", "no usable secret", str(error))
    except Exception as error:
        return Finding("tokens", "fail", f"the key cannot be used: {error}", "Check PITCREW_JWT_PUBLIC_KEY.")
    return Finding("tokens", "ok", f"verified with {rules.algorithm}")


def _database(settings: "Settings") -> Finding:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import SQLAlchemyError

    from api.migrations import head_revision, revision
    from rag.database import open_database

    try:
        url = make_url(settings.sql_url)
        if settings.embedded_sql and not Path(url.database or "").is_file():
            return Finding("database", "fail", "there is none yet", f"Make and fill it: {_ingest(settings)}")
        database = open_database(settings.sql_url)
        try:
            current = revision(database)
        finally:
            database.dispose()
    except ImportError:
        return Finding("database", "fail", "its packages are missing", "In Pitcrew's folder: pip install '.[cluster]'")
    except SQLAlchemyError as error:
        message = f"cannot be used ({type(error).__name__})"
        return Finding("database", "fail", message, "Start it, or correct PITCREW_DATABASE_URL.")
    if current != head_revision():
        return Finding("database", "fail", f"is at version {current or 'none'}, not the newest", "Run: pitcrew migrate")
    return Finding("database", "ok", f"{url.render_as_string(hide_password=True)} at {current}")


def _ingest(settings: "Settings") -> str:
    """The command that fills the knowledge base, to be copied."""
    import shlex

    from api.failure import FILL

    folder = settings.knowledge_dir
    return f"pitcrew ingest {shlex.quote(str(folder))}" if folder.is_dir() else FILL


def _embedding(settings: "Settings") -> "tuple[Embedder | None, Finding]":
    """The embedder at work, which proves its weights and torch. Where its model is still to be prepared, only that
    what it is prepared from is there."""
    from api.compose.knowledge import open_embedder, prepared_model

    try:
        embedder = open_embedder(settings)
        model = prepared_model(settings)
        if model is not None and not model.is_file():
            return embedder, Finding("embedding", "ok", f"{embedder.name} (is prepared when it is first used)")
        embedder.embed(["Is this thing on?"])
    except Exception as error:
        fix = "Check PITCREW_EMBEDDING_MODEL." if settings.embedding_model else "Install again: make setup"
        return None, Finding("embedding", "fail", f"{type(error).__name__}: {error}", fix)
    return embedder, Finding("embedding", "ok", embedder.name)


def _knowledge(settings: "Settings", embedder: "Embedder") -> Finding:
    """Whether the indexes hold what the catalogue shows, and what the folder holds."""
    from api.cli.terminal.files import listed
    from api.compose.knowledge import open_indexes
    from rag.catalogue import Catalogue
    from rag.database import open_database
    from rag.index import IndexUnavailable
    from rag.ingestion.ingest import plan

    again = f"Run: {_ingest(settings)}"
    if settings.embedded_sql and not (settings.data_dir / "lexical.db").is_file():
        return Finding("knowledge", "fail", "the index of words is not there", again)
    database = open_database(settings.sql_url)
    try:
        catalogue = Catalogue(database)
        standings, chunks = catalogue.standings(), catalogue.chunk_ids()
        documents = len(catalogue.hashes())
        if not documents:
            return Finding("knowledge", "fail", "no documents", again)
        with open_indexes(settings, embedder, reader=True) as (dense, lexical):
            lacking = len(chunks - dense.ids()), len(chunks - lexical.ids())
    except IndexUnavailable as error:
        return Finding("knowledge", "fail", str(error), again)
    finally:
        database.dispose()
    if any(lacking):
        message = f"the indexes lack {lacking[0]} (meaning) and {lacking[1]} (words) passages of the catalogue"
        return Finding("knowledge", "fail", message, again)
    summary = f"{documents} documents, {len(chunks)} passages"
    if settings.knowledge_dir.is_dir():
        todo = plan(listed([settings.knowledge_dir], settings.knowledge_dir).files, standings)
        if waiting := [file.id for file in (*todo.add, *todo.update)]:
            message = f"{summary}; of {settings.knowledge_dir} not taken in as they are now: {_names(waiting, 'file')}"
            fix = f"{again}. What it says cannot be read, correct or take out of the folder."
            return Finding("knowledge", "warn", message, fix)
    return Finding("knowledge", "ok", summary)


def _supplements(settings: "Settings") -> Finding:
    """What answers depend on besides documents."""
    from api.compose import supplements

    if not settings.embedded_sql and (number := supplements.shared(settings)):
        return Finding("supplements", "ok", f"edition {number} of the database")
    names = supplements.absent(settings)
    absent = ", ".join(f"{name} ({supplements.NAMES[name]})" for name in names if name != supplements.DATASETS)
    here = [name for name in supplements.NAMES if name not in names]
    if here and supplements.current(settings) == settings.knowledge_dir:
        message = f"read from {settings.knowledge_dir}, not from the data folder: {', '.join(here)}"
        return Finding("supplements", "warn", message, f"Run: {_ingest(settings)}")
    if absent:
        return Finding("supplements", "warn", f"not there: {absent}", "Put it into the folder, and ingest that again.")
    return Finding("supplements", "ok", f"of {supplements.current(settings)}")


def _models(settings: "Settings", *, online: bool) -> Iterator[Finding]:
    from api.compose.model_servers import addresses, look
    from api.compose.models import chosen_models
    from api.settings import BadSetting

    try:
        models = chosen_models(settings)
    except BadSetting as error:
        yield Finding(
            "models",
            "fail",
            str(error),
            "Correct PITCREW_MODELS, or set the address, such as PITCREW_LOCAL_BASE_URL=http://127.0.0.1:1234/v1",
        )
        return
    if not models:
        fix = "For a language model put a key into .env: OPENAI_API_KEY=..."
        yield Finding("models", "warn", "no key: the built-in offline answerer is used", fix)
    used = {model.base_url for model in models}
    for server in look(addresses(settings)):
        if server.base_url not in used:
            fix = f"To use it, put into .env: {' and '.join(server.settings)}" if server.settings else ""
            yield Finding("servers", "ok", f"a model server answers at {server.base_url}: {_names(server.models)}", fix)
    for model in models:
        if model.provider.local:
            yield _local(model)
            continue
        problem = _refusal(model.base_url, model.api_key) if online else None
        if problem:
            yield Finding(
                "models", "fail", f"{model.label}: {problem}", "Check the key, PITCREW_MODELS and the network."
            )
        else:
            yield Finding("models", "ok", f"{model.label} at {model.base_url}" + (" answers" if online else ""))


def _local(model: "Model") -> Finding:
    """Whether the server on this machine answers, and has the model."""
    from api.compose.model_servers import listed

    names = listed(model.base_url, SECONDS)
    where = f"{model.label} at {model.base_url}"
    if names is None:
        return Finding("models", "fail", f"{where}: no model server answers", "Start it, or correct its address.")
    if not {model.name, f"{model.name}:latest"} & set(names):
        fetch = f"Fetch it: ollama pull {model.name}" if model.provider.name == "ollama" else "Correct PITCREW_MODELS."
        return Finding("models", "fail", f"{where}: the server has {_names(names)}", fetch)
    return Finding("models", "ok", f"{where} answers")


def _names(names: Sequence[str], kind: str = "model") -> str:
    """Names in a line, where there are many the first of them."""
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more if names else f"no {kind}"


def _refusal(base_url: str, key: str) -> str | None:
    """Why the provider does not list its models to this key; None when it does."""
    import httpx

    try:
        status = httpx.get(f"{base_url}/models", headers={"Authorization": f"Bearer {key}"}, timeout=10).status_code
    except httpx.HTTPError as error:
        return f"cannot be reached ({type(error).__name__})"
    return None if status < 400 else f"answers HTTP {status}"


def _port() -> Finding:
    from api.serving.server import port_problem

    if port_problem("127.0.0.1", PORT):
        return Finding("port", "warn", f"{PORT} is in use, perhaps by a running server", "Use: pitcrew serve --port N")
    return Finding("port", "ok", f"{PORT} is free")
