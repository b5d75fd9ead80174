"""The tables in the Markdown pages that are made from the code: `python -m tests.generated_docs [--write]`.

Each stands between `<!-- generated: NAME -->` and `<!-- end -->`. Without --write it only says what is out of date.
"""

import asyncio
import inspect
import json
import re
import sys
from collections.abc import Callable, Container, Iterable, Iterator
from functools import partial
from pathlib import Path
from textwrap import wrap
from typing import Any

import msgspec
import typer

from agents.specialists import catalogue
from api.access.operations import OPERATIONS, PREFIX
from api.cli import app
from api.compose.app_state import GAUGES
from api.dialects import all_dialects
from api.observability.measured import watch_models
from api.observability.metrics import Metrics
from api.protocol import native_frames, staff_frames
from api.protocol.asyncapi import tag_of
from api.protocol.dialect import Dialect
from api.protocol.native_frames import CLIENT_FRAMES
from api.settings import Settings, setting_name
from api.transport.closing import CLOSE_REASONS
from orchestrator import events
from orchestrator.errors import REASON_TEXTS, error_classes
from orchestrator.stores.personal import HOLDINGS
from rag.loaders import loaders
from rag.loaders.foreign import LOADER as FOREIGN
from tests.rights import matrix
from tests.supply.licences import listed

ROOT = Path(__file__).parent.parent
PAGES = (
    "README.md",
    "ARCHITECTURE.md",
    "PROTOCOL.md",
    "CONTRIBUTING.md",
    "docs/state.md",
    "docs/dialects.md",
    "docs/speed.md",
    "docs/observability.md",
    "docs/staff.md",
    "docs/rights.md",
    "docs/licences.md",
    "docs/privacy.md",
)
BLOCK = re.compile(r"<!-- generated: (\w+) -->\n.*?<!-- end -->", re.S)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(head), ["---"] * len(list(head)), *(list(row) for row in rows)]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def doc(kind: type) -> str:
    """Its own docstring on one line; what it inherits would say what every row says."""
    words = " ".join(inspect.cleandoc(kind.__doc__ or "").split())
    return re.sub(r"\bNone\b", "null", words)


def settings() -> str:
    def default(value: object) -> str:
        text = str(getattr(value, "get_secret_value", lambda: value)())
        return f"`{text}`" if text else ""

    rows = (
        (f"`{setting_name(name)}`", default(field.default), field.description or "")
        for name, field in Settings.model_fields.items()
    )
    return table(("setting", "default", "meaning"), rows)


def figures() -> str:
    """What `/metrics` tells of a server that asks a model."""
    metrics = Metrics()
    for name, meaning in GAUGES.items():
        metrics.watch(name, meaning, lambda: 0.0)
    watch_models(metrics, [])

    async def collected() -> list[tuple[str, str, str]]:
        return [
            (f"`{one.name}{'_total' if one.type == 'counter' else ''}`", one.type, one.documentation)
            for one in metrics.collect()
            if one.name.startswith("pitcrew_")
        ]

    rows = asyncio.run(collected())  # some are read of the event loop
    return table(("figure", "kind", "meaning"), sorted(rows))


def speed() -> str:
    """The medians that `make bench` has measured."""
    from benchmarks import comparison

    measured = json.loads((ROOT / "docs" / "benchmarks" / "comparison.json").read_text(encoding="utf-8"))
    return comparison.table(measured)


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


def holdings() -> str:
    rows = (
        (f"`{name}`", holding.erased, re.sub(r"(PITCREW_\w+)", r"`\1`", holding.period))
        for name, holding in HOLDINGS.items()
    )
    return table(("table", "erased", "kept for"), rows)


def staff_client_frames() -> str:
    rows = ((f"`{name}`", fields(kind), doc(kind)) for name, kind in staff_frames.CLIENT_FRAMES.items())
    return table(("type", "fields (`?`: optional)", "meaning"), rows)


def staff_server_frames() -> str:
    rows = ((f"`{kind.__struct_config__.tag}`", fields(kind), doc(kind)) for kind in staff_frames.SERVER_FRAMES)
    return table(("type", "fields (`?`: optional)", "meaning"), rows)


def fields(kind: type[msgspec.Struct]) -> str:
    return ", ".join(f"`{field.name}`" + ("" if field.required else "?") for field in msgspec.structs.fields(kind))


def client_frames() -> str:
    rows = ((f"`{name}`", typed(kind), doc(kind)) for name, kind in CLIENT_FRAMES.items())
    return table(("type", "fields (`?`: may be left out)", "meaning"), rows)


def server_frames() -> str:
    """Those of `/ws/chat`. A mirrored frame that is not durable has no `seq`, though its type has room for one."""
    rows = []
    for kind in native_frames.SERVER_FRAMES:
        durable = _durability(kind)
        own = kind in native_frames.OWN_FRAMES.values()
        rows.append((f"`{tag_of(kind)}`", durable, typed(kind, omit=() if durable or own else ("seq",)), doc(kind)))
    return table(("type", "durable", "fields (`?`: may be absent)", "meaning"), rows)


def _durability(frame: type[msgspec.Struct]) -> str:
    sources = native_frames.MIRRORED | native_frames.OWN_FRAMES
    [event] = [event for event, kind in sources.items() if kind is frame] or [events.Event]
    return "terminal" if issubclass(event, events.Terminal) else "yes" if issubclass(event, events.Durable) else ""


def frame_objects() -> str:
    """What is inside of the frames of `/ws/chat`."""
    found: dict[str, type[msgspec.Struct]] = {}
    for frame in (*CLIENT_FRAMES.values(), *native_frames.SERVER_FRAMES):
        for field in msgspec.inspect.type_info(frame).fields:  # type: ignore[attr-defined]
            _collect(field.type, found)
    rows = ((f"`{name}`", typed(kind), doc(kind)) for name, kind in sorted(found.items()))
    return table(("object", "fields (`?`: may be absent)", "meaning"), rows)


def _collect(kind: Any, found: dict[str, type[msgspec.Struct]]) -> None:
    match kind:
        case msgspec.inspect.StructType() | msgspec.inspect.DataclassType() if kind.cls.__name__ not in found:
            found[kind.cls.__name__] = kind.cls
            for field in kind.fields:
                _collect(field.type, found)
        case msgspec.inspect.VarTupleType() | msgspec.inspect.ListType():
            _collect(kind.item_type, found)
        case msgspec.inspect.UnionType():
            for one in kind.types:
                _collect(one, found)


def typed(kind: type[msgspec.Struct], omit: Container[str] = ()) -> str:
    """The fields with their types. Null is another way to be absent, where a field may be."""
    info = msgspec.inspect.type_info(kind)
    return ", ".join(
        f"`{field.encode_name}`{'' if field.required else '?'} {_type(field.type, nullable=field.required)}"
        for field in info.fields  # type: ignore[attr-defined]
        if field.encode_name not in omit
    )


_PLAIN = {
    msgspec.inspect.StrType: "string",
    msgspec.inspect.IntType: "integer",
    msgspec.inspect.FloatType: "number",
    msgspec.inspect.BoolType: "boolean",
    msgspec.inspect.NoneType: "null",
    msgspec.inspect.AnyType: "any",
    msgspec.inspect.DictType: "object",
}


def _type(kind: Any, *, nullable: bool = True) -> str:
    match kind:
        case msgspec.inspect.StructType() | msgspec.inspect.DataclassType():
            return f"`{kind.cls.__name__}`"
        case msgspec.inspect.VarTupleType() | msgspec.inspect.ListType():
            return f"list of {_type(kind.item_type)}"
        case msgspec.inspect.LiteralType():
            return " or ".join(f"`{json.dumps(value)}`" for value in kind.values)
        case msgspec.inspect.UnionType():
            parts = [_type(one) for one in kind.types]
            return " or ".join(part for part in parts if nullable or part != "null")
        case _:
            return _PLAIN[type(kind)]


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


def rights() -> str:
    """Who may do what, wire by wire."""
    head = ("operation", *matrix.CALLERS, "in production, and notes")
    parts = []
    for wire, rows in matrix.rows().items():
        prefix = f" {PREFIX}/" if rows is matrix.STAFF_HTTP else " /"
        names = [one.name.replace(" /", prefix, 1) for one in rows]
        lines = [(f"`{name}`", *matrix.cells(one.rule), _otherwise(one)) for name, one in zip(names, rows, strict=True)]
        parts.append(f"### {wire[0].upper()}{wire[1:]}\n\n{table(head, lines)}")
    return "\n\n".join(parts)


def _otherwise(row: matrix.Row) -> str:
    there = dict.fromkeys(matrix.cells(row.production)) if row.production is not None else {}
    told = next(iter(there)) if len(there) == 1 else ", ".join(matrix.cells(row.production)) if row.production else ""
    return "; ".join(filter(None, (f"production: {told}" if told else "", row.note)))


def rights_size() -> str:
    rows = matrix.rows()
    operations = sum(map(len, rows.values()))
    return (
        f"{operations} operations on {len(rows)} wires, for {len(matrix.CALLERS)} kinds of caller: "
        f"{operations * len(matrix.CALLERS)} cells, proven by {matrix.tried()} trials: on a server in development and "
        f"on one in production. {len(matrix.COMMANDS)} commands beside them."
    )


def acting() -> str:
    return table(("command", "acts as"), ((f"`pitcrew {name}`", who) for name, who in matrix.COMMANDS.items()))


def licences() -> str:
    return table(("package", "version", "licence"), listed())


def formats() -> str:
    return ", ".join(f"`{suffix}`" for loader in loaders() if loader is not FOREIGN for suffix in loader.suffixes)


TABLES: dict[str, Callable[[], str]] = {
    function.__name__: function
    for function in (
        settings,
        figures,
        speed,
        commands,
        client_frames,
        server_frames,
        frame_objects,
        operations,
        holdings,
        staff_client_frames,
        staff_server_frames,
        engine_events,
        errors,
        reasons,
        close_codes,
        specialists,
        dialects,
        rights,
        rights_size,
        acting,
        licences,
        formats,
    )
} | {f"dialect_{one.name}": partial(wire, one) for one in all_dialects() if one.name != "native"}


def renewed(page: str) -> str:
    """The page with every generated block made anew. Raises KeyError for a block that nobody makes."""
    return BLOCK.sub(lambda block: f"<!-- generated: {block[1]} -->\n{TABLES[block[1]]()}\n<!-- end -->", page)


ENVIRONMENT = ".env.example"


def environment() -> str:
    """Every setting as a line of `.env`, commented out, with what it means."""
    lines = ["# Copy this file to .env and take the # from what you want to set. The environment goes before it."]
    for name, field in Settings.model_fields.items():
        default = field.default
        value = str(getattr(default, "get_secret_value", lambda default=default: default)())
        lines += ["", *(f"# {line}" for line in wrap(field.description or "", 110)), f"# {setting_name(name)}={value}"]
    return "\n".join(lines) + "\n"


def main() -> int:
    stale = []
    example = ROOT / ENVIRONMENT
    if not example.exists() or example.read_text(encoding="utf-8") != environment():
        stale.append(ENVIRONMENT)
        if "--write" in sys.argv:
            example.write_text(environment(), encoding="utf-8")
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
