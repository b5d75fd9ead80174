"""The tables in the Markdown pages that are made from the code: `python -m tests.generated_docs [--write]`.

Each stands between `<!-- generated: NAME -->` and `<!-- end -->`. Without --write it only says what is out of date.
"""

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import typer

from agents.specialists import catalogue
from api.access.operations import OPERATIONS, PREFIX
from api.cli import app
from api.dialects import all_dialects
from api.protocol import staff_frames
from api.protocol.dialect import Dialect
from api.protocol.native_frames import CLIENT_FRAMES
from api.settings import Settings, setting_name
from api.transport.closing import CLOSE_REASONS
from orchestrator import events
from orchestrator.errors import REASON_TEXTS, error_classes
from rag.loaders import loaders
from rag.loaders.foreign import LOADER as FOREIGN

ROOT = Path(__file__).parent.parent
PAGES = (
    "README.md",
    "ARCHITECTURE.md",
    "PROTOCOL.md",
    "CONTRIBUTING.md",
    "docs/state.md",
    "docs/dialects.md",
    "docs/staff.md",
)
BLOCK = re.compile(r"<!-- generated: (\w+) -->\n.*?<!-- end -->", re.S)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(head), ["---"] * len(list(head)), *(list(row) for row in rows)]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def doc(kind: type) -> str:
    """Its own docstring on one line; what it inherits would say what every row says."""
    return " ".join(inspect.cleandoc(kind.__doc__ or "").split())


def settings() -> str:
    def default(value: object) -> str:
        text = str(getattr(value, "get_secret_value", lambda: value)())
        return f"`{text}`" if text else ""

    rows = (
        (f"`{setting_name(name)}`", default(field.default), field.description or "")
        for name, field in Settings.model_fields.items()
    )
    return table(("setting", "default", "meaning"), rows)


def commands() -> str:
    return table(("command", "what it does"), list(_commands(typer.main.get_command(app), "pitcrew")))


def _commands(group: Any, above: str) -> Iterator[tuple[str, str]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{above} {name}")
            continue
        usage = " ".join(
            (parameter.metavar or parameter.name.upper())
            if parameter.param_type_name == "argument"
            else parameter.opts[0]
            if parameter.required
            else f"[{parameter.opts[0]}]"
            for parameter in command.params
            if parameter.name != "help"
        )
        says = (command.help or "").split("\n\n")[0].replace("\n", " ")
        yield f"`{above} {name} {usage}`".replace(" `", "`"), says


def operations() -> str:
    rows = (
        (
            f"`{one.name}`",
            f"`{one.path}`, the socket" if one.method == "WS" else f"`{one.method} {PREFIX}{one.path}`",
            ", ".join(sorted(one.roles)),
        )
        for one in OPERATIONS.values()
    )
    return table(("operation", "request", "for"), rows)


def staff_client_frames() -> str:
    rows = ((f"`{name}`", fields(kind), doc(kind)) for name, kind in staff_frames.CLIENT_FRAMES.items())
    return table(("type", "fields (`?`: optional)", "meaning"), rows)


def staff_server_frames() -> str:
    rows = ((f"`{kind.__struct_config__.tag}`", fields(kind), doc(kind)) for kind in staff_frames.SERVER_FRAMES)
    return table(("type", "fields (`?`: optional)", "meaning"), rows)


def fields(kind: type[msgspec.Struct]) -> str:
    return ", ".join(f"`{field.name}`" + ("" if field.required else "?") for field in msgspec.structs.fields(kind))


def client_frames() -> str:
    rows = ((f"`{name}`", fields(kind), doc(kind)) for name, kind in CLIENT_FRAMES.items())
    return table(("type", "fields (`?`: optional)", "meaning"), rows)


def engine_events() -> str:
    rows = (
        (
            f"`{kind.__struct_config__.tag}`",
            "terminal" if issubclass(kind, events.Terminal) else "yes" if issubclass(kind, events.Durable) else "",
            fields(kind),
            doc(kind),
        )
        for kind in events.AnyEvent.__args__  # type: ignore[attr-defined]
    )
    return table(("event", "durable", "fields", "meaning"), rows)


def errors() -> str:
    rows = (
        (f"`{kind.code}`", str(kind.status), "yes" if kind.retryable else "", kind.text) for kind in error_classes()
    )
    return table(("code", "HTTP", "retryable", "text"), rows)


def reasons() -> str:
    return table(("reason", "text"), ((f"`{reason}`", text) for reason, text in REASON_TEXTS.items()))


def close_codes() -> str:
    return table(("code", "reason"), ((str(code), reason) for code, reason in sorted(CLOSE_REASONS.items())))


def specialists() -> str:
    rows = ((f"`{one.name}`", ", ".join(sorted(one.audience)), one.description) for one in catalogue())
    return table(("specialist", "open to", "answers"), rows)


def dialects() -> str:
    return table(
        ("dialect", "path", "file"), ((d.name, f"`{d.path}`", f"`api/dialects/{d.name}.py`") for d in all_dialects())
    )


def wire(dialect: Dialect) -> str:
    """The frames of one wire, both ways."""
    words = dialect.words
    spoken = [(f"text `{word}`", "", "") for word in words.text]
    rows = [
        *(("client", *word) for word in spoken),
        *(("client", tagged(kind), shape(kind), doc(kind)) for kind in words.received),
        *(("server", tagged(kind), shape(kind), doc(kind)) for kind in words.sent),
    ]
    return table(("from", "frame", "fields (`?`: optional)", "meaning"), rows)


def shape(kind: type[msgspec.Struct]) -> str:
    """The fields of a frame with those of the objects in it."""
    return ", ".join(
        f"`{field.name}{_inner(field.type)}`" + ("" if field.required else "?")
        for field in msgspec.inspect.type_info(kind).fields  # type: ignore[attr-defined]
    )


def _inner(kind: Any) -> str:
    match kind:
        case msgspec.inspect.StructType():
            return "{" + ", ".join(field.name + _inner(field.type) for field in kind.fields) + "}"
        case msgspec.inspect.VarTupleType() | msgspec.inspect.ListType():
            inner = _inner(kind.item_type)
            return f"[{inner}]" if inner else ""
        case _:
            return ""


def tagged(kind: type[msgspec.Struct]) -> str:
    config = kind.__struct_config__
    return (
        f"`{config.tag}`"
        if config.tag_field in (None, "type") and config.tag
        else (f"`{config.tag_field}: {config.tag}`" if config.tag else "")
    )


def formats() -> str:
    return ", ".join(f"`{suffix}`" for loader in loaders() if loader is not FOREIGN for suffix in loader.suffixes)


TABLES: dict[str, Callable[[], str]] = {
    function.__name__: function
    for function in (
        settings,
        commands,
        client_frames,
        operations,
        staff_client_frames,
        staff_server_frames,
        engine_events,
        errors,
        reasons,
        close_codes,
        specialists,
        dialects,
        formats,
    )
} | {f"dialect_{one.name}": partial(wire, one) for one in all_dialects() if one.name != "native"}


def renewed(page: str) -> str:
    """The page with every generated block made anew. Raises KeyError for a block that nobody makes."""
    return BLOCK.sub(lambda block: f"<!-- generated: {block[1]} -->\n{TABLES[block[1]]()}\n<!-- end -->", page)


def main() -> int:
    stale = []
    for name in PAGES:
        page = (ROOT / name).read_text(encoding="utf-8")
        if (fresh := renewed(page)) != page:
            stale.append(name)
            if "--write" in sys.argv:
                (ROOT / name).write_text(fresh, encoding="utf-8")
    if stale:
        print("written:" if "--write" in sys.argv else "out of date (run `make docs`):", ", ".join(stale))
    return 0 if not stale or "--write" in sys.argv else 1


if __name__ == "__main__":
    sys.exit(main())
