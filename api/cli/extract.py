"""What `pitcrew ingest --extract-only` shows: the text that would be ingested, without touching the knowledge base."""

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from api.cli.terminal.output import note, print_json
from api.failure import FAILURE, PARTIAL

if TYPE_CHECKING:
    from rag.ingestion.extract import Extracted


def extract_only(paths: Sequence[Path], *, json: bool) -> None:
    """Read the files, and those in the folders, that some loader knows, and print what was read of each.

    `json`: one object per file, `{"file", "status", "text", "seconds", "message"}`. Otherwise a line per file, and the
    text itself where a single file is named. Exits with 3 when some files were rejected, with 1 when all were.
    """
    from rag.ingestion.extract import Extractor

    statuses: Counter[str] = Counter()
    alone = len(paths) == 1 and not paths[0].is_dir()
    with Extractor() as extractor:
        for named_folder, root, names in _places(paths):
            for name, extraction in zip(names, extractor.extract(root, names), strict=True):
                statuses[extraction.status] += 1
                file = str(named_folder / name).encode("utf-8", "replace").decode()
                if json:
                    print_json(_line(file, extraction))
                else:
                    _show(file, extraction, with_text=alone)
    if not statuses:
        note("There is no file here that any loader reads.")
    if statuses["rejected"]:
        raise typer.Exit(FAILURE if len(statuses) == 1 else PARTIAL)


def _places(paths: Sequence[Path]) -> Iterator[tuple[Path, Path, list[str]]]:
    """Each folder as it was named, as it is, and the names of the files below it that are asked for."""
    for path in paths:
        if path.is_dir():
            yield path, path.resolve(), sorted(_loadable_files(path))
        else:
            yield path.parent, path.parent.resolve(), [path.name]


def _loadable_files(folder: Path) -> Iterator[str]:
    """The files below a folder that have a loader, hidden ones left out; links too, which are then rejected."""
    from rag.loaders import loader_for

    for above, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith(".") and loader_for(Path(name)) is not None:
                yield (Path(above, name).relative_to(folder)).as_posix()


def _line(file: str, extraction: "Extracted") -> dict[str, object]:
    return {
        "file": file,
        "status": extraction.status,
        "text": extraction.content.text if extraction.content else "",
        "seconds": round(extraction.seconds, 4),
        "message": extraction.message,
    }


def _show(file: str, extraction: "Extracted", *, with_text: bool) -> None:
    content = extraction.content
    if content is None:
        print(f"{extraction.status:8}  {file}: {extraction.message}")
        return
    counts = (
        (len(content.text), "character"),
        (len(content.pages), "page"),
        (len(content.headings), "heading"),
        (len(content.tables), "table"),
    )
    words = ", ".join(f"{count:,} {name}{'s' if count != 1 else ''}" for count, name in counts if count)
    summary = f"{extraction.status:8}  {file}: {words}, {extraction.seconds:.2f} s"
    if with_text:
        note(summary)
        sys.stdout.write(content.text.rstrip("\n") + "\n")
    else:
        print(summary)
    if extraction.message:
        (note if with_text else print)(f"          {extraction.message}")
