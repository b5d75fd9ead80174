from pathlib import Path

import pytest

from rag.loader import UnreadableFile
from rag.loaders import loader_for
from rag.types import Content


def load(path: Path, data: str | bytes) -> Content:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    loader = loader_for(path)
    assert loader is not None
    return loader.load(path)


def rows(content: Content) -> list[list[str]]:
    return [[content.text[start:end] for start, end in table.rows] for table in content.tables]


def test_markdown_keeps_the_text_and_finds_headings(tmp_path: Path) -> None:
    text = "# Wren\n\nIntro\n\nSetext two\n---\n\n```\n# no heading\n```\n\n### `P0301` and *more* ###\n\nEnd\n"
    content = load(tmp_path / "a.md", text)
    assert content.text == text
    assert content.title == "Wren"
    assert [(h.level, h.title) for h in content.headings] == [(1, "Wren"), (2, "Setext two"), (3, "P0301 and more")]
    assert [text[h.start :].split("\n")[0] for h in content.headings] == [
        "# Wren",
        "Setext two",
        "### `P0301` and *more* ###",
    ]


def test_markdown_finds_tables_but_not_in_code(tmp_path: Path) -> None:
    table = "| A | **B** |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n"
    text = f"Before\n\n{table}\nAfter\n\n```\n{table}```\n"
    content = load(tmp_path / "a.md", text)
    assert [table.header for table in content.tables] == [("A", "B")]
    assert rows(content) == [["| 1 | 2 |", "| 3 | 4 |"]]


def test_markdown_front_matter_is_no_heading(tmp_path: Path) -> None:
    content = load(tmp_path / "tyre-care.md", "---\nowner: parts\n---\n\nText\n")
    assert content.headings == ()
    assert content.title == "Tyre care"


def test_windows_line_ends_and_a_byte_order_mark_are_normalised(tmp_path: Path) -> None:
    content = load(tmp_path / "a.md", b"\xef\xbb\xbf# Title\r\n\r\nLine\rNext\r\n")
    assert content.text == "# Title\n\nLine\nNext\n"
    assert content.title == "Title"


def test_csv_rows_say_what_their_cells_mean(tmp_path: Path) -> None:
    content = load(tmp_path / "power.csv", 'model,model_year,power_kw,note\nWren 42,2025,85,\nHeron,2026,n/a,"a, b"\n')
    assert rows(content) == [
        [
            "Model: Wren 42 | Model year: 2025 | Power: 85 kW",
            "Model: Heron | Model year: 2026 | Power: n/a | Note: a, b",
        ]
    ]
    assert content.text == "\n".join(rows(content)[0])


@pytest.mark.parametrize("separator", [";", "\t", "|", ","])
def test_csv_separators_are_recognised(tmp_path: Path, separator: str) -> None:
    lines = [["Code", "Meaning"], ["P0301", "misfire"], ["P0420", "catalyst"]]
    content = load(tmp_path / "codes.csv", "\n".join(separator.join(line) for line in lines))
    assert rows(content) == [["Code: P0301 | Meaning: misfire", "Code: P0420 | Meaning: catalyst"]]


def test_csv_may_be_latin_1(tmp_path: Path) -> None:
    content = load(tmp_path / "a.csv", "Farbe,Preis\nGrün,10\n".encode("latin-1"))
    assert content.text == "Farbe: Grün | Preis: 10"


@pytest.mark.parametrize("data", ["model,year\n", "model,year\nWren,2025,extra\n", 'a,b\n"open,1\n'])
def test_csv_that_would_be_misread_is_refused(tmp_path: Path, data: str) -> None:
    with pytest.raises(UnreadableFile):
        load(tmp_path / "a.csv", data)


PAGE = """<!doctype html><html><head><title>Tab</title><style>p{}</style></head><body>
<nav>Home</nav><h1>Lamps</h1><p>Red means <b>stop</b>.<br>Yellow means wait.</p><script>x()</script>
<h2>List</h2><ul><li>one</li><li>two<ol><li>inner</li></ol></li></ul>
<table><caption>Figures</caption><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>x|y</td></tr></table>
<!-- hidden --><pre>code  here</pre></body></html>"""


def test_html_shows_what_a_reader_sees(tmp_path: Path) -> None:
    content = load(tmp_path / "a.html", PAGE)
    assert content.text.strip().split("\n") == [
        "Lamps",
        "",
        "Red means stop.",
        "Yellow means wait.",
        "",
        "List",
        "",
        "- one",
        "- two",
        "  1. inner",
        "",
        "Figures",
        "| A | B |",
        "| 1 | x/y |",
        "",
        "code  here",
    ]
    assert content.title == "Lamps"
    assert [(h.level, h.title, content.text[h.start : h.start + len(h.title)]) for h in content.headings] == [
        (1, "Lamps", "Lamps"),
        (2, "List", "List"),
    ]
    assert content.tables[0].header == ("A", "B")
    assert rows(content) == [["| 1 | x/y |"]]


def test_html_without_text_or_too_deep_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="shows no text"):
        load(tmp_path / "a.html", "<html><script>only()</script></html>")
    with pytest.raises(UnreadableFile, match="too deeply"):
        load(tmp_path / "b.html", "<div>" * 20_000 + "x")


def pdf(*pages: str, title: str = "") -> bytes:
    """A PDF with one line of text on each page, written by hand."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    bodies = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for n, text in enumerate(pages):
        drawn = f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET"
        bodies.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * n} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        bodies.append(f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream")
    bodies.append(f"<< /Title ({title}) >>")
    data, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, start=1):
        offsets.append(len(data))
        data += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    size = len(bodies) + 1
    trailer = f"trailer\n<< /Size {size} /Root 1 0 R /Info {len(bodies)} 0 R >>\nstartxref\n{len(data)}\n%%EOF"
    return data + f"xref\n0 {size}\n0000000000 65535 f \n{table}{trailer}".encode()


def test_pdf_records_its_pages_and_leaves_out_empty_ones(tmp_path: Path) -> None:
    content = load(tmp_path / "a.pdf", pdf("First page", "", "Third page", title="Handbook"))
    assert content.title == "Handbook"
    assert [(page.number, content.text[page.start :][:5]) for page in content.pages] == [(1, "First"), (3, "Third")]


@pytest.mark.parametrize(
    ("data", "message"), [(pdf(""), "only images"), (b"%PDF-1.4 nonsense", "damaged"), (b"no pdf", "damaged")]
)
def test_pdf_without_text_or_structure_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(UnreadableFile, match=message):
        load(tmp_path / "a.pdf", data)
