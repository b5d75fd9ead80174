import re

from hypothesis import given, settings
from hypothesis import strategies as st

from rag.ingestion.split import AIM, MAX, split
from rag.loaders.markdown import LOADER as MARKDOWN
from rag.types import Chunk, Content, Document, Heading, Page, Table


def document(text: str, headings: tuple[Heading, ...] = (), **kwargs: object) -> Document:
    content = Content("Title", text, headings, **kwargs)  # type: ignore[arg-type]
    return Document("specs/a.md", "specs", "0" * 64, content)


def markdown(tmp: object, text: str) -> Document:
    path = tmp / "a.md"  # type: ignore[operator]
    path.write_text(text)
    return Document("specs/a.md", "specs", "0" * 64, MARKDOWN.load(path))


def texts(chunks: tuple[Chunk, ...]) -> list[str]:
    return [chunk.text for chunk in chunks]


def check_laws(document: Document) -> tuple[Chunk, ...]:
    chunks = split(document)
    text = document.content.text
    covered: set[int] = set()
    last = 0
    for chunk in chunks:
        assert chunk.text == text[chunk.start : chunk.end]
        assert chunk.text.strip()
        assert len(chunk.text) <= MAX
        assert chunk.start >= last
        last = chunk.end
        covered.update(range(chunk.start, chunk.end))
    left = [at for at, character in enumerate(text) if at not in covered and not character.isspace()]
    heading_lines: set[int] = set()
    for heading in document.content.headings:
        if heading.level <= 3:
            end = text.find("\n", heading.start)
            end = len(text) if end < 0 else end
            heading_lines.update(range(heading.start, end))
            underline = re.match(r"\n\s*(=+|-+)[ \t]*(\n|$)", text[end:])
            if underline:
                heading_lines.update(range(end, end + underline.end()))
    assert set(left) <= heading_lines
    assert len({chunk.id for chunk in chunks}) == len(chunks)
    return chunks


def test_a_short_section_is_one_chunk_with_its_headings(tmp_path: object) -> None:
    chunks = check_laws(
        markdown(tmp_path, "# Wren\n\nIntro.\n\n## Range\n\nFar.\n\n### Winter\n\nLess.\n\n## Load\n\n50 kg.\n")
    )
    assert texts(chunks) == ["Intro.", "Far.", "Less.", "50 kg."]
    assert [chunk.section for chunk in chunks] == [(), ("Range",), ("Range", "Winter"), ("Load",)]
    assert {chunk.title for chunk in chunks} == {"Wren"}


def test_deep_headings_stay_with_what_follows_them(tmp_path: object) -> None:
    part = "#### Part {}\n\n" + "Words of this part. " * 30
    chunks = check_laws(markdown(tmp_path, "# T\n\n" + "\n\n".join(part.format(n) for n in range(4))))
    assert len(chunks) > 1
    assert all(chunk.text.startswith("#### Part") for chunk in chunks)


def test_a_big_table_is_cut_between_rows_and_later_pieces_know_its_columns(tmp_path: object) -> None:
    rows = [f"| Model {n} | {n * 10} kW and some words that make the row longer |" for n in range(60)]
    chunks = check_laws(
        markdown(tmp_path, "# T\n\nPower:\n\n| Model | Power |\n|---|---|\n" + "\n".join(rows) + "\n\nAfter.\n")
    )
    assert len(chunks) > 3
    assert chunks[0].text.startswith("Power:\n\n| Model | Power |")
    assert chunks[0].header == ()
    assert {chunk.header for chunk in chunks[1:]} == {("Model", "Power")}
    lines = [line for chunk in chunks for line in chunk.text.split("\n") if line.startswith("| Model ")]
    assert lines[1:] == rows
    assert "Model | Power" in chunks[1].searchable


def test_list_items_are_not_cut(tmp_path: object) -> None:
    items = [f"{n}. Step {n}: " + "turn the bolt slowly. " * 8 for n in range(1, 16)]
    chunks = check_laws(markdown(tmp_path, "# T\n\nDo this:\n\n" + "\n".join(item.strip() for item in items)))
    assert len(chunks) > 2
    assert all(re.match(r"Do this:|\d+\. Step", chunk.text) for chunk in chunks)


def test_code_with_blank_lines_stays_whole(tmp_path: object) -> None:
    code = "```\n" + "first\n\n- second\n\n" * 10 + "```"
    filler = "A sentence about nothing. " * 30
    chunks = check_laws(markdown(tmp_path, f"# T\n\n{filler}\n\n{code}\n\n{filler}"))
    assert any(code in chunk.text for chunk in chunks)


def test_a_long_paragraph_is_cut_at_sentence_ends() -> None:
    sentence = "The cabin filter of the Heron is changed every two years. "
    chunks = check_laws(document(sentence * 60))
    assert all(chunk.text.rstrip().endswith("years.") for chunk in chunks)
    assert all(AIM / 3 <= len(chunk.text) <= MAX for chunk in chunks)


def test_text_without_any_break_is_cut_all_the_same() -> None:
    assert sum(len(text) for text in texts(check_laws(document("x" * 5000)))) == 5000


def test_a_long_row_is_cut_at_its_cells() -> None:
    row = " | ".join(f"Column {n}: some value of it" for n in range(100))
    chunks = check_laws(document(row, tables=(Table((), ((0, len(row)),)),)))
    assert all(chunk.text.startswith("Column") for chunk in chunks)


def test_a_chunk_lies_on_one_page() -> None:
    chunks = check_laws(document("One page.\n\nTwo page.", pages=(Page(1, 0), Page(2, 11))))
    assert [(chunk.page, chunk.text) for chunk in chunks] == [(1, "One page."), (2, "Two page.")]


def test_ids_depend_on_document_content_and_place_only() -> None:
    first = document("Same text.")
    again = Document(first.id, "other", first.content_hash, Content("Other title", "Same text."))
    changed = Document(first.id, first.subject, "1" * 64, first.content)
    moved = Document("specs/b.md", first.subject, first.content_hash, first.content)
    ids = [split(one)[0].id for one in (first, again, changed, moved)]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


LINES = st.one_of(
    st.sampled_from(
        ["", "", "# A", "## B", "### C", "#### D", "- item", "1. step", "```", "| a | b |", "|---|---|", "===", "---"]
    ),
    st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\x85\u2028\u2029"), max_size=80),
    st.integers(1, 90).map(lambda n: "Words and numbers 12.5 kW. " * n),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(LINES, max_size=40))
def test_laws_hold_for_any_markdown(lines: list[str]) -> None:
    import tempfile
    from pathlib import Path

    text = "\n".join(lines)
    if not text.strip():
        return
    with tempfile.TemporaryDirectory() as folder:
        chunks = check_laws(markdown(Path(folder), text))
    sections = [heading.start for heading in markdown_headings(text) if heading.level <= 3]
    for chunk in chunks:
        assert not any(chunk.start < start < chunk.end for start in sections)


def markdown_headings(text: str) -> tuple[Heading, ...]:
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        return markdown(Path(folder), text).content.headings
