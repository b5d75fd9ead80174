"""`pitcrew search`: what the knowledge base holds on something."""

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.terminal import completion
from api.cli.terminal.output import note, print_json

if TYPE_CHECKING:
    from rag.types import Passage

_INDENT = "   "
_WIDTH = 100


def search(
    query: Annotated[str, typer.Argument(help="What to look for.")],
    k: Annotated[int, typer.Option("-k", min=1, max=50, help="The most passages to show.")] = 8,
    agent: Annotated[
        str,
        typer.Option(help="Search only what this specialist may read.", autocompletion=completion.specialists),
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="One JSON object per passage.")] = False,
) -> None:
    """Search the knowledge base and show the passages, best first.

    Example: pitcrew search "tyre pressure Heron" -k 3
    """
    from api.cli.terminal.knowledge import open_knowledge, specialist_named
    from api.settings import Settings
    from orchestrator.events import to_plain
    from orchestrator.graph.projection import source_passage

    subjects = specialist_named(agent).knowledge if agent else None
    with open_knowledge(Settings()) as library:
        result = library.retriever.find(query, subjects=subjects, k=k)
    if result.degraded:
        note(f"Searching by {result.degraded} failed; these were found without it.")
    if not result.passages:
        note("Nothing in the knowledge base bears on that. Try other words.")
    for number, passage in enumerate(result.passages, start=1):
        if json:
            print_json(to_plain(source_passage(passage)))
        else:
            print(_describe(number, passage))


def _describe(number: int, passage: "Passage") -> str:
    import textwrap

    chunk = passage.chunk
    heading = " > ".join((chunk.title, *chunk.section))
    page = f", page {chunk.page}" if chunk.page else ""
    lines = [f"{number}. {passage.score:.2f}  {heading}  ({chunk.document_id}{page})"]
    for line in filter(str.strip, chunk.text.splitlines()):
        lines += textwrap.wrap(line, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)
    return "\n".join((*lines, ""))
