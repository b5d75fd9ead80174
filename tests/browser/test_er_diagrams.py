"""Entity-relationship diagrams drawn by the real Mermaid in Chromium: as the test page does it, and as a page does that
calls `mermaid.render` in its standard configuration."""

import gzip
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from agents.dataset import Column, ForeignKey, Table
from agents.datasets.key_inference import inferred
from agents.explorer.mermaid import MOST_TABLES, er_diagram
from agents.explorer.relations import relations
from tests.browser.chromium import open_page
from tests.unit.agents.explorer.names import NAMES, TYPES
from tests.unit.agents.explorer.test_mermaid import drawn_as, many
from tests.unit.agents.tabled import FLEET, ODD

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "api" / "pages" / "built" / "drawing" / "diagram.js.gz"
LIBRARY = ROOT / "web" / "node_modules" / "mermaid" / "dist" / "mermaid.min.js"
WAYS: Mapping[str, tuple[Path, str]] = {
    "as the test page does": (BUILT, "(source, n) => drawDiagram(source, false)"),
    "as any page does": (LIBRARY, "async (source, n) => (await mermaid.render('drawn' + n, source)).svg"),
}
DRAW = """async ([sources, draw]) => {
  const drawn = [];
  for (const [n, source] of sources.entries()) {
    try {
      const place = document.createElement('div');
      place.innerHTML = await eval(draw)(source, n);
      document.body.append(place);
      const labels = place.querySelectorAll('.nodeLabel, .edgeLabel, .name, .label, text');
      const texts = [...labels].map(one => one.textContent.replaceAll('\\u200b', '').replace(/\\s+/g, ' ').trim());
      const markup = place.querySelectorAll('script, img, a, iframe, b, i').length;
      place.remove();
      drawn.push({ texts, markup, error: place.innerHTML.includes('Syntax error') ? 'syntax' : '' });
    } catch (error) {
      drawn.push({ texts: [], markup: 0, error: String(error) });
    }
  }
  return drawn;
}"""


@asynccontextmanager
async def drawing(way: str) -> AsyncIterator[Callable[[Sequence[str]], Awaitable[list[dict[str, Any]]]]]:
    """Draws sources in order and tells of each its texts, what went wrong, and what a name became besides text."""
    library, draw = WAYS[way]
    async with open_page() as page:
        await page.set_content("<!doctype html><meta charset=utf-8><body>")
        script = gzip.decompress(library.read_bytes()) if library.suffix == ".gz" else library.read_bytes()
        await page.add_script_tag(content=script.decode())

        async def drawn(sources: Sequence[str]) -> list[dict[str, Any]]:
            told: list[dict[str, Any]] = await page.evaluate(DRAW, [list(sources), draw])
            return told

        yield drawn


def any_name_and_type() -> list[str]:
    sources = []
    for number, name in enumerate(NAMES):
        columns = (Column(name, "integer", TYPES[number % len(TYPES)], False), Column("other", "integer", "INTEGER"))
        one = Table("odd", name, columns, (name,), (ForeignKey(("other",), name, (name,)),))
        sources.append(er_diagram([one], relations([one])).source)
    return sources


@pytest.mark.parametrize("way", WAYS)
async def test_every_name_is_drawn_as_it_is_written(way: str, request: pytest.FixtureRequest) -> None:
    if WAYS[way][0] == LIBRARY:
        request.getfixturevalue("packages")
    odd = [Table("odd", f"{name}.{name}", (Column("a", "integer", "INTEGER"),), schema=name) for name in NAMES]
    views = [Table("odd", name, (Column("a", "integer", "INTEGER"),), unique=(("a",),), view=True) for name in NAMES]
    more = [er_diagram(tables).source for tables in (odd, views)]
    schemas = [er_diagram(inferred(tables), relations(inferred(tables))).source for tables in (FLEET, ODD, FLEET + ODD)]
    sources = [*any_name_and_type(), *schemas, er_diagram([]).source, *more]
    async with drawing(way) as drawn:
        pictures = await drawn(sources)
    for source, picture in zip(sources, pictures, strict=True):
        assert (picture["error"], picture["markup"]) == ("", 0), source
    for name, source, picture in zip(NAMES, sources, pictures, strict=False):
        assert drawn_as(name) in picture["texts"], (source, picture["texts"])
    for tables, picture in zip((FLEET, ODD), pictures[len(NAMES) :], strict=False):
        for name in [one.name for one in tables] + [column.name for one in tables for column in one.columns]:
            assert drawn_as(name) in picture["texts"], name
    assert "part_id (inferred)" in pictures[len(NAMES)]["texts"]


@pytest.mark.usefixtures("packages")
async def test_as_many_tables_as_are_ever_shown_are_drawn_in_time() -> None:
    tables = many(MOST_TABLES + 20, 12)
    async with drawing("as any page does") as drawn:
        begun = time.monotonic()
        (picture,) = await drawn([er_diagram(tables, relations(tables)).source])
        assert picture["error"] == ""
        assert time.monotonic() - begun < 60
