"""Every command of every page: those in blocks are typed in a newcomer's folder as they stand there, and those within
sentences name what there is."""

import json
import re
import shlex
import shutil
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from typer.main import get_command

from api.cli import app
from tests.documents import docx_parts, package
from tests.pages.blocks import PAGES, Command, every_block, spoken
from tests.pages.sandbox import Sandbox, furnished, sandbox
from tests.postgres import postgres_url
from tests.serving import KNOWLEDGE, ROOT, Served
from tests.web_site import html, sitemap, web_site

ELSEWHERE = {
    "make test": "is what runs this",
    "make cluster": "test_make_cluster.py types it with few documents",
    "pip install '.[cluster]' -c constraints.txt": "the name of the extra is looked up below",
    "chroma run --host 127.0.0.1 --port 8010 --path chroma-data": "tests/cluster.py starts it so",
    "pitcrew migrate --from sqlite:data/pitcrew.db --to postgresql://pitcrew@db.example.com/pitcrew": "test_moving.py",
    "pitcrew serve --workers 4": "tests/faults/test_cluster.py starts workers so",
    "python3 -m venv .venv": "the constraint of torch is compared below",
    ".venv/bin/pip install torch==2.13.0 --index-url <PyTorch's CPU index>": "the constraint is compared below",
    "npm --prefix web ci --ignore-scripts": "test_client_package.py",
    "npm pack ./web/client": "test_client_package.py",
    "npm install ./pitcrew-client-0.1.0.tgz": "test_client_package.py",
    "pip install ./api/client": "test_wheels.py",
    "pip install '.[traces]' -c constraints.txt": "the name of the extra is looked up below",
    "pip wheel --no-deps -w dist .": "test_wheels.py",
    "pip install dist/pitcrew-0.1.0-py3-none-any.whl -c constraints.txt": "test_wheels.py",
}
"""Commands that fetch from the internet, and what tries the same without it."""
FETCHES = re.compile(
    r"\b(?:pipx?|pip3|uv|npm|npx|apt(?:-get)?|docker|git)\s.*?\b(?:install|i|ci|add|pull|clone|wheel)\b"
)
"""Commands that run what others have published: a name that is not ours must never be fetched by a test."""
FIGURES = re.compile(r"(?:python -m benchmarks|make (?:bench|profile|prove|soak|fuzz|fit)\b)")
"""Commands that measure for minutes: their options are tried, and `test_benchmarks.py` runs what they measure with."""


@cache
def commands(page: str) -> list[Command]:
    return [command for block in every_block() if block.page == page for command in block.commands]


def tried(command: Command) -> bool:
    """Whether it is typed here."""
    return command.program not in ELSEWHERE and not any(kind.search(command.program) for kind in (FETCHES, FIGURES))


def pages() -> list[str]:
    return [page for page in dict.fromkeys(block.page for block in every_block()) if commands(page)]


@contextmanager
def site() -> Iterator[str]:
    pages = {"/help/": html("Help", "oil"), "/help/oil": html("Oil", text="Change the oil of the Wren 58 every year.")}
    with web_site(pages) as served:
        served.answers["/sitemap.xml"] = sitemap(f"{served.address}/help/oil")
        yield served.address


@pytest.fixture(scope="module")
def database() -> str:
    """A PostgreSQL database with a table and somebody who may read it; the password is left to the environment."""
    engine = create_engine(postgres_url(), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE ROLE reader LOGIN PASSWORD 'from-the-environment'"))
        connection.execute(text("CREATE DATABASE crm OWNER reader"))
    engine.dispose()
    own = make_url(postgres_url()).set(drivername="postgresql", database="crm", username="reader", password="PASSWORD")
    filled = own.set(drivername="postgresql+psycopg", password="from-the-environment")
    engine = create_engine(filled)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE orders (id int PRIMARY KEY, price numeric)"))
        connection.execute(text("INSERT INTO orders VALUES (1, 9.5)"))
    engine.dispose()
    return own.render_as_string(hide_password=False).replace("PASSWORD", "${CRM_PASSWORD}")


def repeated_id(room: Sandbox) -> None:
    line = '{"id": "q1", "text": "How big is the boot?", "routes": ["specs"]}\n'
    (room.folder / "questions.jsonl").write_text(line + line.replace("q1", "q2") + line)


def good_questions(room: Sandbox) -> None:
    shutil.copy(room.folder / "knowledge_base" / "questions.jsonl", room.folder)


def changed_limit(room: Sandbox) -> None:
    file = room.folder / "knowledge_base" / "specs" / "towing-and-loads.md"
    file.write_text(file.read_text().replace("| 900 kg |", "| 950 kg |"))


def no_model(room: Sandbox) -> None:
    (room.folder / ".env").unlink(missing_ok=True)


def coffee_machines(room: Sandbox) -> None:
    """The reader's own documents."""
    faults = room.folder / "home" / "support" / "troubleshooting" / "codes.md"
    faults.write_text("# Codes\n\n## E3\n\nThe error code E3 means that the grinder of the Brewmaster is blocked.\n")


BEFORE: dict[str, Callable[[Sandbox], None]] = {
    "pitcrew eval routing questions.jsonl": repeated_id,
    "pitcrew ingest knowledge_base || exit": good_questions,
    "pitcrew ingest knowledge_base --watch --prune": changed_limit,
    "pitcrew ingest knowledge_base --dry-run": no_model,
    "pitcrew ingest ~/support": coffee_machines,
}
"""What the page says that a person has done before."""
FROM_NOTHING = ("README.md", "docs/make-it-yours.md", "docs/evaluation.md")
"""Pages that begin without ingested documents."""


@pytest.fixture(scope="module")
def furniture(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return furnished(tmp_path_factory.mktemp("furniture"), ingested)


@pytest.fixture
def room(page: str, furniture: Path, server: Served, database: str, tmp_path: Path) -> Iterator[Sandbox]:
    chat = f"pitcrew chat --url {server.chat} --token {server.token('pages')}"
    with site() as address:
        places = {
            "http://localhost:8000": server.http,
            "https://chat.example.com": server.http,
            "pitcrew ingest https://www.example.com": f"pitcrew ingest --intranet {address}",
            "postgresql://reader:${CRM_PASSWORD}@db.example.com/crm": database,
            "pitcrew chat": chat,
        }
        made = sandbox(tmp_path / "room", furniture, places, filled=page not in FROM_NOTHING)
        made.env = {**made.env, "CRM_PASSWORD": "from-the-environment", "TOKEN": server.token("pages")}
        (made.folder / "my-manual.docx").write_bytes(package(docx_parts("<w:p><w:r><w:t>Oil</w:t></w:r></w:p>")))
        (made.folder / "sales-2026.csv").write_text("dealer,day,cars\nNorth,2026-01-05,3\nSouth,2026-01-06,4\n")
        yield made
        made.close()


@pytest.mark.parametrize("page", [page for page in pages() if any(tried(command) for command in commands(page))])
def test_commands_of_a_page(page: str, room: Sandbox) -> None:
    for command in filter(tried, commands(page)):
        for beginning, prepare in BEFORE.items():
            if command.text.startswith(beginning):
                prepare(room)
        typed = room.type(command, "What is the roof load of the Plover?\n" if "chat" in command.program else "y\n")
        place = f"{command.block.place}: {command.program}\n{typed.written}"
        fails = command.said.startswith("pitcrew: ")
        assert "Traceback" not in typed.written, place
        assert (typed.code != 0) == fails, place
        if fails:
            assert command.said.splitlines()[0] in typed.written, place
        missing = labels(command.said) - labels(typed.written)
        assert missing == set(), f"{place}\nis printed on the page and was not said: {missing}"


def labels(said: str) -> set[str]:
    """The names of figures that a command of evaluation prints: a small word or two, then a number."""
    return set(re.findall(r"^([a-z][a-z_]+(?:@(?:80|90|10|5|1))?) +[01]\.\d{4} \[", said, re.M))


def test_what_is_tried_elsewhere_is_printed() -> None:
    printed = {command.program for page in pages() for command in commands(page)}
    assert ELSEWHERE.keys() <= printed
    for reason in ELSEWHERE.values():
        assert not reason.endswith(".py") or (ROOT / "tests" / "integration" / reason).is_file()


def test_what_fetches_is_tried_elsewhere_and_names_no_package_of_ours_in_an_index() -> None:
    fetching = {command.program for page in pages() for command in commands(page) if FETCHES.search(command.program)}
    assert fetching - ELSEWHERE.keys() == set()
    said = fetching | {command for _, command in named()}
    assert {command for command in said if re.search(r"pip install .*['\" ]pitcrew\b", command)} == set()


def test_every_printed_extra_is_there() -> None:
    """In pages, and in errors of what is missing."""
    texts = [page.read_text("utf-8") for page in PAGES] + [file.read_text() for file in (ROOT / "api").rglob("*.py")]
    printed = {extra for text in texts for extra in re.findall(r"pip install '\.\[(\w+)\]'", text)}
    assert (
        {"cluster", "traces"}
        <= printed
        <= tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"].keys()
    )


def test_the_printed_torch_is_the_one_that_is_installed() -> None:
    pinned = re.findall(r"^torch==\S+", (ROOT / "constraints.txt").read_text(), re.M)
    printed = {found for page in PAGES for found in re.findall(r"torch==[\d.]+\d", page.read_text("utf-8"))}
    assert printed == set(pinned)


def named() -> list[tuple[str, str]]:
    """All commands that pages name, by the page: within sentences, and those in blocks that measure for minutes."""
    said = {(page.relative_to(ROOT).as_posix(), command) for page in PAGES for command in spoken(page)}
    return sorted(said | {(page, command.program) for page in pages() for command in commands(page)})


def words(command: str) -> list[str]:
    """The words of a command, without what a reader has to fill in."""
    whole = re.sub(r"\$\([^)]*\)|[\[\]…]|\.\.\.|\|\w+", " ", command)
    return shlex.split(whole.replace("'", " ").replace('"', " ").partition(" || ")[0].partition(" && ")[0])


def test_every_named_command_of_pitcrew_is_there() -> None:
    wrong, seen = [], 0
    for page, command in named():
        if not re.match(r"(?:\.venv/bin/)?pitcrew\b", command):
            continue
        seen += 1
        _, *rest = words(command)
        node = get_command(app)
        while rest and hasattr(node, "commands") and rest[0] in node.commands:
            node = node.commands[rest.pop(0)]
        options = {option for parameter in node.params for option in parameter.opts} | {"--help", "-h"}
        if hasattr(node, "commands") and rest and not rest[0].startswith("-"):
            wrong.append((page, command, rest[0]))
        wrong += [(page, command, word) for word in rest if re.match(r"--?[a-z]", word) and word not in options]
    assert wrong == []
    assert seen > 100


def test_every_named_target_script_and_module_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):", makefile, re.M))
    variables = set(re.findall(r"^([A-Z]+) [?:]?=", makefile, re.M))
    scripts = json.loads((ROOT / "web" / "package.json").read_text())["scripts"] | {"test": "", "ci": "", "pack": ""}
    wrong = []
    for page, command in named():
        match words(command):
            case ["make", target, *settings]:
                fits = target in targets and all(setting.partition("=")[0] in variables for setting in settings)
            case ["npm", *rest]:
                found = re.search(r"\b(?:run )?(\w+)$", " ".join(rest).replace("--prefix web ", ""))
                fits = rest[-1].startswith("-") or "/" in rest[-1] or (found is not None and found[1] in scripts)
            case [program, "-m", module, *rest] if program.endswith(("python", "python3")):
                fits = find_spec(module) is not None
                source = find_spec(module)
                options = [word for word in rest if word.startswith("--")]
                if module.startswith("benchmarks.") and source is not None and source.origin:
                    fits = all(f'"{option}"' in Path(source.origin).read_text() for option in options)
            case ["curl", address]:
                fits = address.removeprefix("http://localhost:8000") in ("/health", "/ready")
            case _:
                continue
        if not fits:
            wrong.append((page, command))
    assert wrong == []


def test_the_bundled_documents_are_there() -> None:
    """What commands of the pages name below `knowledge_base`."""
    paths = {found for _, command in named() for found in re.findall(r"knowledge_base/[\w/.-]+\w", command)}
    assert {path for path in paths if not (KNOWLEDGE.parent / path).exists()} == set()
