"""The command line as it is run: exit codes, what goes where, and an ingestion that is killed halfway."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from tests.serving import knows_vehicles, prepared

ROOT = Path(__file__).parents[2]
HEAVY = (
    "torch",
    "chromadb",
    "langgraph",
    "langchain_core",
    "sqlalchemy",
    "sklearn",
    "numpy",
    "fastapi",
    "websockets",
    "matplotlib",
)
COMMANDS = ("serve", "ingest", "docs", "search", "ask", "route", "chat", "token", "migrate", "eval", "doctor")
PATIENCE_S = 170
KEYS = ("OPENAI_API_KEY", "OPENROUTER_API_KEY", "DEEPSEEK_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY")


def environment(data: Path) -> dict[str, str]:
    """Settings of its own: no key, no `.env` (the working folder has none), data in `data`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PITCREW_") and name not in KEYS}
    return kept | {"PITCREW_DATA_DIR": str(data), "PITCREW_MODEL_SERVERS": "", "PYTHONPATH": str(ROOT)}


def start(data: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "api", *arguments],
        env=environment(data),
        cwd=data.parent,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def run(data: Path, *arguments: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
    process = start(data, *arguments)
    out, err = process.communicate(typed, timeout=PATIENCE_S)
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


def documents(folder: Path) -> None:
    """Thirty documents, many more chunks than are embedded at a time; one file is broken, one of no known format."""
    for number in range(30):
        path = folder / ("specs" if number % 2 else "maintenance") / f"model-{number}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        sections = [
            f"## Part {part}\n\nThe Gull {number} has {100 + number * part} bolts in part {part}. "
            f"Tighten them every {number + part + 1} months with the key from drawer {part}.\n"
            for part in range(4)
        ]
        path.write_text(f"# The Gull {number}\n\n" + "\n".join(sections))
    (folder / "specs" / "broken.md").write_bytes(b"%PDF-1.7\n")
    (folder / "specs" / "photo.raw").write_bytes(b"\0\1")


@dataclass(frozen=True)
class Stored:
    """The ids of the chunks in the catalogue and in both indexes."""

    catalogue: frozenset[str]
    words: frozenset[str]
    meaning: frozenset[str]


def column(path: Path, query: str) -> frozenset[str]:
    connection = sqlite3.connect(path, timeout=30)
    try:
        return frozenset(row[0] for row in connection.execute(query))
    finally:
        connection.close()


@cache
def space() -> str:
    """The name of the embedder, under which its vectors are kept."""
    from api.compose.knowledge import open_embedder
    from api.settings import Settings

    return open_embedder(Settings()).name


def stored(data: Path) -> Stored:
    from rag.indexes import chroma

    dense = chroma.embedded(data / "chroma", space())
    try:
        meaning = frozenset(dense.ids())
    finally:
        dense.close()
    catalogue = column(data / "pitcrew.db", "SELECT id FROM chunks")
    return Stored(catalogue, column(data / "lexical.db", "SELECT id FROM chunks"), meaning)


@dataclass(frozen=True)
class Ingested:
    folder: Path
    data: Path
    result: "subprocess.CompletedProcess[str]"
    stored: Stored


@pytest.fixture(scope="module")
def library(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Ingested:
    """Ingested from a small library of its own."""
    base = tmp_path_factory.mktemp("cli")
    folder, data = base / "library", prepared(ingested, base / "data")
    documents(folder)
    knows_vehicles(base / "knowledge_base")
    result = run(data, "ingest", str(folder), "--json")
    return Ingested(folder, data, result, stored(data))


@pytest.fixture
def here(library: Ingested, monkeypatch: pytest.MonkeyPatch) -> Ingested:
    """The same data for commands that are called in this process, which has torch loaded."""
    for name in [*KEYS, *(name for name in os.environ if name.startswith("PITCREW_"))]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PITCREW_DATA_DIR", str(library.data))
    monkeypatch.chdir(library.data.parent)
    return library


def invoked(*arguments: str) -> Any:
    """The result of a command in this process; an error that `main` would explain is raised."""
    result = CliRunner().invoke(app, list(arguments))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


# --- without data --------------------------------------------------------------------------------------------------


def test_the_command_line_imports_nothing_heavy() -> None:
    code = f"import sys, api.cli; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_a_purpose(command: str) -> None:
    result = invoked(command, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.stdout
    if command != "migrate":
        assert "Example: " in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("ingest", "/no/such/folder"),
        ("search",),
        ("search", "oil", "-k", "0"),
        ("search", "oil", "--agent", "nobody"),
        ("ask", "oil?", "--agent", "nobody"),
        ("eval", "weather", __file__),
        ("eval", "routing", __file__, "--corpus", __file__),
        ("chat", "--url", "ftp://127.0.0.1:9/"),
        ("no-such-command",),
    ],
)
def test_wrong_usage_is_exit_2(arguments: tuple[str, ...]) -> None:
    assert invoked(*arguments).exit_code == 2


def test_a_chat_with_nobody_is_exit_4_and_says_what_to_do(tmp_path: Path) -> None:
    result = run(tmp_path / "data", "chat", "--url", "ws://127.0.0.1:9/ws/chat", typed="Hello\n")
    assert (result.returncode, result.stdout) == (4, "")
    assert "ws://127.0.0.1:9/ws/chat" in result.stderr
    assert "pitcrew serve" in result.stderr


def test_an_empty_question_is_exit_1_and_one_line(tmp_path: Path) -> None:
    result = run(tmp_path / "data", "ask", "  ")
    assert (result.returncode, result.stdout) == (1, "")
    assert len(result.stderr.splitlines()) == 1


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    folder, data = tmp_path / "library", tmp_path / "data"
    documents(folder)
    before = sorted(tmp_path.rglob("*"))
    result = run(data, "ingest", str(folder), "--dry-run", "--json")
    assert result.returncode == 3
    assert sorted(tmp_path.rglob("*")) == before
    actions = {line["document"]: line["action"] for line in objects(result.stdout)}
    assert list(actions.values()).count("add") == 30
    assert actions["specs/broken.md"] == "fail"


def test_figures_of_a_file_that_is_not_json_lines_are_refused(here: Ingested) -> None:
    from api.failure import CommandFailed

    with pytest.raises(CommandFailed, match="line 1"):
        invoked("eval", "routing", __file__)


# --- ingestion -----------------------------------------------------------------------------------------------------


def test_a_bad_file_is_named_and_the_others_go_in(library: Ingested) -> None:
    assert library.result.returncode == 3
    lines = {line["document"]: line for line in objects(library.result.stdout)}
    assert [line["action"] for line in lines.values()].count("add") == 30
    assert lines["specs/broken.md"]["action"] == "fail"
    assert lines["specs/broken.md"]["message"] in library.result.stderr
    assert lines["specs/photo.raw"]["action"] == "ignore"
    assert "specs/broken.md" in library.result.stderr
    assert "30 added, 0 updated, 0 unchanged, 0 deleted, 1 failed" in library.result.stderr


def test_catalogue_and_indexes_hold_the_same(library: Ingested) -> None:
    assert len(library.stored.catalogue) == 120
    assert library.stored.catalogue == library.stored.words == library.stored.meaning


def test_a_rerun_changes_nothing_and_only_prune_deletes(library: Ingested) -> None:
    lost = library.folder / "specs" / "model-1.md"
    text = lost.read_text()
    lost.unlink()
    try:
        result = run(library.data, "ingest", str(library.folder), "--json", "--quiet")
        pruned = run(library.data, "ingest", str(library.folder), "--json", "--prune", "--dry-run")
    finally:
        lost.write_text(text)
    actions = {line["document"]: line["action"] for line in objects(result.stdout)}
    assert sorted(set(actions.values())) == ["fail", "ignore", "skip"]
    assert stored(library.data) == library.stored
    assert {"document": "specs/model-1.md", "action": "delete"} in objects(pruned.stdout)


def test_a_killed_ingestion_is_finished_by_the_next(library: Ingested, ingested: Path, tmp_path: Path) -> None:
    data = prepared(ingested, tmp_path / "data")
    process = start(data, "ingest", str(library.folder), "--quiet")
    deadline = time.monotonic() + PATIENCE_S
    while not known(data):
        assert process.poll() is None, "ended before it was killed"
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.kill()
    process.communicate()
    assert process.returncode == -9
    assert column(data / "pitcrew.db", "SELECT document_id FROM publications") == frozenset()
    assert run(data, "ingest", str(library.folder), "--quiet").returncode == 3
    assert stored(data) == library.stored


def known(data: Path) -> bool:
    """Whether a passage has been embedded yet."""
    try:
        return bool(column(data / "vectors.db", "SELECT fingerprint FROM vectors"))
    except sqlite3.OperationalError:
        return False


# --- reading, while another process holds the indexes --------------------------------------------------------------


@pytest.fixture
def held(here: Ingested) -> Any:
    """The data with its lock taken, as a running server does."""
    from rag.indexes import deferred

    lock = deferred.locked(here.data / "chroma")
    yield here
    lock.close()


def test_search_finds_the_passage_beside_a_running_server(held: Ingested) -> None:
    result = invoked("search", "how many bolts has part 3 of the Gull 7", "-k", "3", "--json")
    first = objects(result.stdout)[0]
    assert (first["source"], first["section"]) == ("specs/model-7.md", "Part 3")
    assert len(objects(result.stdout)) == 3


def test_a_search_in_vain_says_so_and_is_no_failure(held: Ingested) -> None:
    result = invoked("search", "zqxwv")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "Nothing" in result.stderr


def test_ask_streams_the_answer_and_names_its_sources(held: Ingested) -> None:
    question = "How many bolts has the Gull 7 in part 3?"
    whole = objects(invoked("ask", question, "--agent", "specs", "--json").stdout)[0]
    streamed = invoked("ask", question, "--agent", "specs").stdout
    assert "121 bolts" in whole["response"]
    assert whole["metadata"]["agent"] == "specs"
    assert "specs/model-7.md" in whole["metadata"]["context"]["sources"]
    assert streamed.startswith(whole["response"])
    assert "specs/model-7.md" in streamed.removeprefix(whole["response"])


def test_ask_a_specialist_that_the_router_would_not_choose(held: Ingested) -> None:
    whole = objects(invoked("ask", "Show me all tables", "--agent", "explorer", "--json").stdout)[0]
    assert whole["metadata"]["agent"] == "explorer"


def test_ask_a_dataset(held: Ingested, tmp_path: Path) -> None:
    file = tmp_path / "breakdowns.csv"
    file.write_text("severity,place\nhigh,Cork\nlow,Cork\nlow,Dublin\nlow,Galway\n")
    assert invoked("datasets", "add", "breakdowns", str(file), "-d", "Breakdowns by place").exit_code == 0
    try:
        question = "How many breakdowns are there by severity?"
        whole = objects(invoked("ask", question, "--dataset", "breakdowns", "--json").stdout)[0]
        assert whole["metadata"]["agent"] == "analyst"
        assert "3" in whole["response"]
        unknown = invoked("ask", question, "--dataset", "nothing")
        assert unknown.exit_code == 2
        assert "breakdowns" in unknown.stderr
    finally:
        invoked("datasets", "remove", "breakdowns")


def test_route_tells_the_decision(here: Ingested) -> None:
    decided = objects(invoked("route", "The engine makes a rattling noise, what is wrong with it?", "--json").stdout)[0]
    assert (decided["kind"], decided["route"]) == ("answer", "troubleshooting")
    assert 0.5 < decided["confidence"] <= 1.0
    away = objects(invoked("route", "Who won the football match last night?", "--json").stdout)[0]
    assert (away["kind"], away["parts"]) == ("out_of_scope", [])


def test_routing_predictions_carry_id_route_and_confidence(here: Ingested, tmp_path: Path) -> None:
    file, predictions = tmp_path / "q.jsonl", tmp_path / "p.jsonl"
    file.write_text(
        '{"id": 1, "text": "How often is the oil changed?", "route": "maintenance", "note": "x"}\n'
        '{"id": "b", "text": "Write me a poem about the sea", "route": "out_of_scope"}\n'
    )
    figures = objects(invoked("eval", "routing", str(file), "--predictions", str(predictions), "--json").stdout)[0]
    made = objects(predictions.read_text())
    assert figures["accuracy"] == 1.0
    assert [(line["id"], line["route"]) for line in made] == [(1, "maintenance"), ("b", "out_of_scope")]
    assert all(set(line) == {"id", "route", "confidence"} for line in made)


def test_labels_of_one_s_own_are_learnt(here: Ingested, tmp_path: Path) -> None:
    examples, file, predictions = tmp_path / "e.jsonl", tmp_path / "q.jsonl", tmp_path / "p.jsonl"
    said = {
        "refund": ["I want my money back", "please refund the order", "return the payment to me", "give me a refund"],
        "parcel": ["where is my parcel", "has the package been sent", "track my delivery", "the parcel is late"],
    }
    rows = [{"text": text, "label": label} for label, texts in said.items() for text in texts]
    examples.write_text("\n".join(map(json.dumps, rows)))
    file.write_text('{"id": 9, "text": "my package has not arrived"}\n{"id": 8, "text": "refund my payment"}\n')
    invoked("eval", "routing", str(file), "--labels", str(examples), "--predictions", str(predictions))
    made = objects(predictions.read_text())
    assert [(line["id"], line["label"]) for line in made] == [(9, "parcel"), (8, "refund")]
    assert all(set(line) == {"id", "label", "confidence"} for line in made)


def test_retrieval_over_a_corpus_ranks_its_own_ids(here: Ingested, tmp_path: Path) -> None:
    corpus, file, predictions = tmp_path / "c.jsonl", tmp_path / "q.jsonl", tmp_path / "p.jsonl"
    corpus.write_text(
        "\n".join(
            json.dumps({"id": number, "title": title, "text": f"{title} live in {place}."})
            for number, (title, place) in enumerate([("Cats", "houses"), ("Seals", "the sea"), ("Moles", "tunnels")])
        )
    )
    file.write_text('{"id": "q", "question": "which animals live in tunnels", "relevant": [2]}\n')
    arguments = (str(file), "--corpus", str(corpus), "--predictions", str(predictions), "--json")
    figures = objects(invoked("eval", "retrieval", *arguments).stdout)[0]
    made = objects(predictions.read_text())[0]
    assert figures["mrr@10"] == figures["recall@1"] == 1.0
    assert made["ranked"][0] == 2
    assert set(made["ranked"]) <= {0, 1, 2}
    assert made["scores"] == sorted(made["scores"], reverse=True)
    assert 0.0 < made["answerable"] < 1.0


def test_doctor_finds_the_knowledge_consistent_and_then_not(here: Ingested) -> None:
    result = invoked("doctor", "--json")
    found = {line["part"]: line for line in objects(result.stdout)}
    assert result.exit_code == 0, found
    assert (found["knowledge"]["state"], found["models"]["state"]) == ("ok", "warn")
    connection = sqlite3.connect(here.data / "lexical.db")
    with connection:
        connection.execute("UPDATE chunks SET id = 'x' || id WHERE number = 1")
    try:
        broken = invoked("doctor", "--json")
    finally:
        with connection:
            connection.execute("UPDATE chunks SET id = substr(id, 2) WHERE number = 1")
        connection.close()
    assert broken.exit_code == 1
    assert {line["part"]: line["state"] for line in objects(broken.stdout)}["knowledge"] == "fail"


UNREAD = {
    "records/partners.csv": "dealer,town,telephone,time_zone,places_per_slot,monday_to_friday\n"
    "Nord,Oslo,1,Europe/Oslo,2,08:00-16:00\nSouth,Rome,2,Europe/Rom,many,8 to 4\nEast,Riga,3,,2,08:00-16:00\n",
    "troubleshooting/checks.csv": "symptom,cause,check,if_yes,if_no,applies_to,may_go_on_using\n"
    "It drips,Seal worn,Is the seal torn?,confirms,excludes,Brewer 10,yes\n"
    "It drips,Tap open,Is the tap open?,cause,go on,Mixer,perhaps\n",
    "troubleshooting/codes.csv": "code,meaning,applies to,may go on using\nE1,Tank empty,Brewer 10,yes\n"
    "E2,Tray full,Brewer 10; Mixer,if you like\nblinking,Wait,all,yes\n",
    "maintenance/plan.md": "# Care\n\n## Service schedule\n\n| work | interval | applies to |\n| --- | --- | --- |\n"
    "| Descale | every 3 months | Brewer 10 |\n| Replace the seal | every 500 cups | Mixer |\n"
    "| Wipe the nozzle | when it drips | |\n",
    "maintenance/prices.csv": "job,applies to,price (EUR)\nNew grinder,Brewer 10,140\nNew seal,Brewer 10,\n",
}
_RANGE = "make,model,variant,years,powertrain,aliases\nCafe,Brewer,Brewer 10,2025,,\n"


def test_doctor_says_how_many_rows_each_skill_uses(ingested: Path, tmp_path: Path) -> None:
    folder, data = tmp_path / "own", prepared(ingested, tmp_path / "data")
    put(folder, {**UNREAD, "vehicles.csv": _RANGE})
    assert run(data, "ingest", str(folder)).returncode == 0
    told = [line for line in objects(run(data, "doctor", "--json").stdout) if line["part"] == "tables"]
    assert [line["message"] for line in told if line["state"] == "ok"] == [
        "product names: 1 products, 1 variants",
        "figures: 4 rows, 3 of troubleshooting/codes.csv, 1 of maintenance/prices.csv",
        "trouble codes: 2 of troubleshooting/codes.csv",
        "guided checks: 2 of troubleshooting/checks.csv",
        "service plan: 1 of maintenance/plan.md",
        "prices: 1 of maintenance/prices.csv",
        "dealers: 1 of records/partners.csv",
        "maintenance/plan.md, row 3 under 'Service schedule': 'interval' is 'when it drips', which is told as it "
        'stands: from "every 3 months" or "20,000 km or 12 months" it is worked out. The row: '
        "| Wipe the nozzle | when it drips | |",
    ]
    assert not any(line["fix"] for line in told if line["state"] == "ok")


def test_doctor_asks_for_nothing_again_that_was_done(ingested: Path, tmp_path: Path) -> None:
    folder, data = tmp_path / "knowledge_base", prepared(ingested, tmp_path / "data")
    put(folder, {"handbook/use.md": "# Use\n\nPress the button.\n", "handbook/old.pdf": "not a PDF"})
    run(data, "ingest", str(folder))
    lines = objects(run(data, "doctor", "--json").stdout)
    told = {line["part"]: line for line in lines if line["part"] in ("knowledge", "supplements")}
    assert told["knowledge"]["state"] == "warn"
    assert "handbook/old.pdf" in told["knowledge"]["message"]
    assert "cannot be read" in told["knowledge"]["fix"]
    assert "vehicles.csv" in told["supplements"]["message"]
    assert "datasets" not in told["supplements"]["message"]
    assert "not in the data folder" not in told["supplements"]["message"]
    assert told["supplements"]["fix"].startswith("Put")
    put(folder, {"vehicles.csv": _RANGE})
    lines = objects(run(data, "doctor", "--json").stdout)
    again = next(line for line in lines if line["part"] == "supplements")
    assert ("vehicles.csv" in again["message"], again["fix"].startswith("Run: pitcrew ingest")) == (True, True)


def test_what_the_documents_speak_of_is_in_scope_whatever_the_examples_are_about(
    ingested: Path, tmp_path: Path
) -> None:
    folder, data = tmp_path / "own", prepared(ingested, tmp_path / "data")
    pages = {
        "troubleshooting/taste.md": "# Taste\n\n## The coffee tastes bitter\n\nSet the grinder coarser by one step.\n",
        "maintenance/care.md": "# Care\n\n## Cleaning the brewing unit\n\nRinse it. No dishwasher.\n",
        "specs/range.md": "# The range\n\n## Milk\n\nThe Duo has a milk frother for cappuccino.\n",
    }
    put(folder, pages)
    assert run(data, "ingest", str(folder)).returncode == 0
    asked = (
        "my coffee is bitter",
        "can the brewing unit go in the dishwasher",
        "who won the world cup",
        "a poem please",
    )
    routes = [objects(run(data, "route", "--json", text).stdout)[0]["route"] for text in asked]
    assert "out_of_scope" not in routes[:2]
    assert routes[2:] == ["out_of_scope"] * 2


def put(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_doctor_names_each_row_that_cannot_be_read(ingested: Path, tmp_path: Path) -> None:
    folder, data = tmp_path / "own", prepared(ingested, tmp_path / "data")
    put(folder, {**UNREAD, "vehicles.csv": _RANGE})
    (folder / "customer-questions.csv").write_text(
        "document,section,statement,question\nrecords/partners.csv,,,who is in Oslo\nhandbook/gone.md,,,what has gone\n"
    )
    assert run(data, "ingest", str(folder)).returncode == 0
    result = run(data, "doctor", "--json")
    lines = [line for line in objects(result.stdout) if line["part"] in ("tables", "questions")]
    told = [line for line in lines if line["state"] == "warn"]
    assert all(line["fix"] for line in told)
    for line, parts in zip(
        told,
        (
            ("records/partners.csv, row 2", "Europe/Rom", "'many' is no whole number", "'8 to 4'", "South"),
            ("records/partners.csv, row 3", "'time zone' is empty", "East"),
            (
                *("troubleshooting/checks.csv, row 2", "'if yes' is 'cause'", "confirms", "'if no' is 'go on'"),
                *("excludes", "'Mixer'", "'may go on using' is 'perhaps'", "Tap open"),
            ),
            ("troubleshooting/codes.csv, row 2", "no product is called 'Mixer'", "'if you like'", "yes, limited, no"),
            ("troubleshooting/codes.csv, row 3", "'blinking'", "has a figure"),
            ("maintenance/plan.md, row 2 under 'Service schedule'", "'every 500 cups'", "3 months", "'Mixer'"),
            ("maintenance/prices.csv, row 2", "one price", "New seal"),
            ("customer-questions.csv", "handbook/gone.md is not there", "what has gone"),
        ),
        strict=True,
    ):
        assert all(part in line["message"] for part in parts), line


def test_documents_are_for_workers_only_where_there_can_be_any(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Wren\n\nA small car.\n")
    alone = run(tmp_path / "data", "ingest", str(tmp_path), "--workers")
    assert (alone.returncode, "PITCREW_REDIS_URL" in alone.stderr) == (3, True)
    forced = run(tmp_path / "data", "ingest", str(tmp_path), "--workers", "--force")
    assert (forced.returncode, "--workers goes with files" in forced.stderr) == (2, True)
