"""What holds for every loader, on readable and on hostile files."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag import file_bytes
from rag.ingestion.split import split
from rag.loader import Loader, UnreadableFile
from rag.loaders import loader_for, loaders
from rag.loaders.foreign import LOADER as FOREIGN
from rag.types import Document
from tests import documents

SAMPLES: dict[str, str | bytes] = {
    ".md": "# Title\n\nText\n\n| A | B |\n|---|---|\n| 1 | 2 |\n",
    ".txt": "Text\n\nMore",
    ".html": "<h1>Title</h1><p>Text</p><table><tr><th>A</th></tr><tr><td>1</td></tr></table>",
    ".csv": "A,B\n1,2\n3,4\n",
    ".json": '{"title": "T", "parts": [{"a": 1}, {"a": 2}], "faq": [{"question": "Q", "answer": "A"}]}',
    ".jsonl": '{"title": "T", "text": "Words"}\n{"title": "U", "text": "More"}\n',
    ".pdf": documents.pdf("First", "Second"),
    ".docx": documents.docx(documents.paragraph("Title", 1) + documents.word_table([["A", "B"], ["1", "2"]])),
    ".xlsx": documents.xlsx({"One": documents.sheet_rows([["A", "B"], ["1", 2]]), "Two": ""}),
    ".pptx": documents.pptx([("One", "a\nb"), ("Two", "c")], notes="Say it"),
}
READ = [loader for loader in loaders() if loader is not FOREIGN]
each_loader = pytest.mark.parametrize("loader", READ, ids=lambda loader: loader.suffixes[0])


def test_every_loader_is_found_by_its_suffix_in_any_case() -> None:
    assert {loader.suffixes[0] for loader in READ} == SAMPLES.keys() - {".jsonl"}
    for loader in loaders():
        for suffix in loader.suffixes:
            assert loader_for(Path(f"x{suffix}")) is loader
            assert loader_for(Path(f"x{suffix.upper()}")) is loader
    assert loader_for(Path("x.exe")) is None


@pytest.mark.parametrize("suffix", FOREIGN.suffixes)
def test_a_known_format_that_is_not_read_is_refused_with_advice(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"file{suffix}"
    path.write_text("x")
    with pytest.raises(UnreadableFile, match=r"save a text document as \.docx.* unpack"):
        FOREIGN.load(path)


@each_loader
@pytest.mark.parametrize("data", [b"", b" \n\t ", b"\xff\xfe\0\0", b"a\0b"], ids=["empty", "blank", "binary", "nul"])
def test_a_file_without_readable_text_is_refused_with_advice(tmp_path: Path, loader: Loader, data: bytes) -> None:
    path = tmp_path / f"file{loader.suffixes[0]}"
    path.write_bytes(data)
    with pytest.raises(UnreadableFile, match=r": .+\."):
        loader.load(path)


@each_loader
def test_links_missing_and_oversized_files_and_folders_are_refused(
    tmp_path: Path, loader: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    suffix = loader.suffixes[0]
    secret = tmp_path / f"secret{suffix}"
    write(secret, SAMPLES[suffix])
    link = tmp_path / f"link{suffix}"
    link.symlink_to(secret)
    folder = tmp_path / f"folder{suffix}"
    folder.mkdir()
    for path in (link, folder, tmp_path / f"missing{suffix}"):
        with pytest.raises(UnreadableFile):
            loader.load(path)
    monkeypatch.setattr(file_bytes, "MAX_BYTES", 3)
    secret.write_bytes(b"four")
    with pytest.raises(UnreadableFile, match="larger than"):
        loader.load(secret)


@pytest.mark.parametrize("suffix", SAMPLES)
def test_structure_lies_inside_the_text(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"file{suffix}"
    write(path, SAMPLES[suffix])
    check(path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(suffix=st.sampled_from([*SAMPLES]), data=st.one_of(st.binary(max_size=300), st.text(max_size=300)))
def test_any_bytes_are_read_or_refused(tmp_path: Path, suffix: str, data: bytes | str) -> None:
    path = tmp_path / f"file{suffix}"
    path.write_bytes(data.encode("utf-8", "replace") if isinstance(data, str) else data)
    with suppress(UnreadableFile):
        check(path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(suffix=st.sampled_from([*SAMPLES]), data=st.data())
def test_a_damaged_file_is_read_or_refused(tmp_path: Path, suffix: str, data: st.DataObject) -> None:
    path = tmp_path / f"file{suffix}"
    write(path, SAMPLES[suffix])
    sound = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        sound[data.draw(st.integers(0, len(sound) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(sound[: data.draw(st.integers(1, len(sound)))])
    with suppress(UnreadableFile):
        check(path)


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.text(max_size=6), st.sampled_from(["title", "text", "id"])), inner, max_size=4),
    ),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=VALUES)
def test_any_json_is_read_or_refused(tmp_path: Path, value: object) -> None:
    path = tmp_path / "file.json"
    path.write_text(json.dumps(value))
    with suppress(UnreadableFile):
        check(path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    suffix=st.sampled_from([".md", ".html", ".csv"]),
    parts=st.lists(
        st.sampled_from(
            [
                "# h\n",
                "text\n",
                "| a | b |\n",
                "|---|---|\n",
                "<li>",
                "<table><tr><td>x",
                "</table>",
                "<h2>t</h2>",
                "<ol>",
                "- i\n",
                "\n",
                "```\n",
                "a,b\n",
                '"q"\n',
                "===\n",
                "<pre>",
                "<dl><dt>t",
                "<td colspan=3 rowspan=2>",
                "<script>",
                "<div hidden>",
            ]
        )
    ),
)
def test_any_mix_of_markup_is_read_or_refused(tmp_path: Path, suffix: str, parts: list[str]) -> None:
    path = tmp_path / f"file{suffix}"
    path.write_text("".join(parts))
    with suppress(UnreadableFile):
        check(path)


def write(path: Path, data: str | bytes) -> None:
    path.write_bytes(data.encode() if isinstance(data, str) else data)


def check(path: Path) -> None:
    loader = loader_for(path)
    assert loader is not None
    content = loader.load(path)
    assert content.title.strip()
    assert content.text.strip()
    assert not {"\r", "\0"} & set(content.text)
    content.text.encode()
    content.title.encode()
    assert "\n" not in content.title
    starts = [heading.start for heading in content.headings]
    assert starts == sorted(set(starts))
    for heading in content.headings:
        assert 1 <= heading.level <= 6
        assert heading.start == 0 or content.text[heading.start - 1] == "\n"
    spans = [row for table in content.tables for row in table.rows]
    assert spans == sorted(spans)
    for start, end in spans:
        assert start < end <= len(content.text)
        assert "\n" not in content.text[start:end]
    assert [page.start for page in content.pages] == sorted({page.start for page in content.pages})
    assert all(page.start < len(content.text) for page in content.pages)
    chunks = split(Document("a", "", "0" * 64, content))
    assert all(chunk.text == content.text[chunk.start : chunk.end] for chunk in chunks)
