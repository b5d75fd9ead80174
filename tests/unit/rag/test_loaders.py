import io
from pathlib import Path

import pytest
from pptx import Presentation

from rag.loader import UnreadableFile
from rag.loaders import loader_for
from rag.loaders.pptx import LOADER as PPTX
from rag.loaders.xlsx import LOADER as XLSX
from rag.types import Content
from tests.documents import docx, paragraph, pdf, pdf_of, pptx, sheet_rows, word_table, xlsx


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


def test_a_csv_cell_may_be_as_long_as_a_file(tmp_path: Path) -> None:
    long = "The valve opens at 3 bar. " * 50_000
    content = load(tmp_path / "a.csv", f"name,text\nalpha,{long}\nbeta,short\n")
    assert len(content.text) > len(long)
    assert content.text.rstrip().endswith("Text: short")


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


def test_html_of_any_age_is_read_as_a_browser_shows_it(tmp_path: Path) -> None:
    page = """<ul><li>open<li>items<ul><li>inner</ul></ul><dl><dt>Term<dd>Meaning<dt>Second<dd>One</dl>
    <p hidden>unseen</p><form>Words in a form<select><option>unseen</select></form>&Uuml;ber &frac12; &#176;C
    <table><tr><th rowspan=2>Model<th colspan=2>Power</tr><tr><td>kW<td>hp</tr>
    <tr><td rowspan=2>Wren<td>85<td>116</tr><tr><td>115<td>156</tr></table>"""
    content = load(tmp_path / "a.html", page)
    assert content.text.split("\n") == [
        "- open",
        "- items",
        "  - inner",
        "",
        "Term",
        "Meaning",
        "",
        "Second",
        "One",
        "",
        "Words in a form",
        "",
        "Über ½ °C",
        "",
        "| Model | Power | Power |",
        "| Model | kW | hp |",
        "| Wren | 85 | 116 |",
        "| Wren | 115 | 156 |",
    ]
    assert content.tables[0].header == ("Model", "Power", "Power")


@pytest.mark.parametrize(
    ("head", "encoding"),
    [('<meta charset="windows-1251">', "cp1251"), ('<?xml version="1.0" encoding="koi8-r"?>', "koi8-r"),
     ('<meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS">', "cp932")],
)  # fmt: skip
def test_html_says_its_own_encoding(tmp_path: Path, head: str, encoding: str) -> None:
    assert load(tmp_path / "a.html", f"{head}<p>Масло 5".encode(encoding)).text == "Масло 5"


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


def test_pdf_lines_keep_their_order_and_table_rows_their_line(tmp_path: Path) -> None:
    drawn = b"BT /F1 12 Tf 72 700 Td (Model  Power) Tj 0 -20 Td (Wren  85 kW) Tj ET"
    content = load(tmp_path / "a.pdf", pdf_of([drawn]))
    assert [line.split() for line in content.text.split("\n") if line] == [["Model", "Power"], ["Wren", "85", "kW"]]


def test_json_values_stand_under_their_dotted_names(tmp_path: Path) -> None:
    data = (
        '{"title": "Wren 58", "engine": {"power_kw": 115, "torque": {"Nm": 1.10}}, "colours": ["red", "blue"], '
        '"spare": null, "towing": true, "notes": "one\\ntwo", "trims": [{"name": "Base", "price_eur": 20000}]}'
    )
    content = load(tmp_path / "a.json", data)
    assert content.title == "Wren 58"
    assert [line for line in content.text.split("\n") if line] == [
        "Title: Wren 58",
        "Engine.power: 115 kW",
        "Engine.torque.Nm: 1.10",
        "Colours: red, blue",
        "Towing: yes",
        "Notes:",
        "one",
        "two",
        "Trims:",
        "Name: Base | Price: 20000 EUR",
    ]
    assert rows(content) == [["Name: Base | Price: 20000 EUR"]]


def test_json_lines_of_documents_have_headings_and_of_records_are_rows(tmp_path: Path) -> None:
    prose = load(
        tmp_path / "a.jsonl", '{"title": "Oil", "text": "Use 5W-30.\\n\\nSeldom."}\n{"title": "Tyres", "text": "T"}\n'
    )
    assert [(heading.level, heading.title) for heading in prose.headings] == [(2, "Oil"), (2, "Tyres")]
    assert prose.text == "Oil\n\nUse 5W-30.\n\nSeldom.\n\nTyres\n\nT"
    bare = load(tmp_path / "d.json", '[{"title": "Oil", "text": "T"}, {"text": "U"}]')
    assert [heading.title for heading in bare.headings] == ["Oil", "Record 2"]
    codes = load(tmp_path / "b.jsonl", '{"code": "P0301", "meaning": "misfire"}\n\n{"code": "P0420"}\n')
    assert rows(codes) == [["Code: P0301 | Meaning: misfire", "Code: P0420"]]
    assert load(tmp_path / "c.json", '[{"code": "P0301"}, {"code": "P0420"}]').text == "Code: P0301\nCode: P0420"


def test_workbook_sheets_are_sections_and_rows_say_what_they_mean(tmp_path: Path) -> None:
    date, formula, yes = '<c s="1"><v>45717</v></c>', '<c t="n"><f>1+1</f><v>2</v></c>', '<c t="b"><v>1</v></c>'
    service = sheet_rows(
        [
            ["Service 2026"],
            [],
            ["Model", "power_kw", "From", "Count", "Free"],
            ["Wren", 0.30000000000000004, date, formula, yes],
            [None, 85.0, None, 4006381333931.0, "a\nb"],
        ]
    )
    merged = f'{service}</sheetData><mergeCells count="1"><mergeCell ref="A4:A5"/></mergeCells>'
    charge = sheet_rows(
        [
            [],
            [],
            [None, "Model", "Charge", None, "Note"],
            [None, "Wren", '<c s="2"><v>0.85</v></c>'],
            [None, None, 0.5, 0.6, "x"],
        ]
    )
    charge += '</sheetData><mergeCells count="1"><mergeCell ref="B4:B5"/><mergeCell ref="C3:D3"/></mergeCells>'
    plain = sheet_rows([["Only"], ["a list"]])
    path = tmp_path / "service.xlsx"
    path.write_bytes(
        xlsx({"Intervals": merged, "Secret": plain, "Notes": plain, "Charge": charge, "Empty": ""}, hidden=["Secret"])
    )
    reading = XLSX.read(path.read_bytes(), "Service")
    assert [line for line in reading.content.text.split("\n") if line] == [
        "Intervals",
        "Service 2026",
        "Model: Wren | Power: 0.3 kW | From: 2025-03-01 | Count: 2 | Free: yes",
        "Model: Wren | Power: 85 kW | Count: 4006381333931 | Free: a b",
        "Notes",
        "Only",
        "a list",
        "Charge",
        "Model: Wren | Charge: 85 %",
        "Model: Wren | Charge: 0.5 | Charge: 0.6 | Note: x",
    ]
    assert [heading.title for heading in reading.content.headings] == ["Intervals", "Notes", "Charge"]
    assert len(rows(reading.content)[0]) == 2
    assert reading.note == "Hidden sheets were left out: Secret."


def test_word_documents_keep_headings_lists_tables_notes_and_boxes(tmp_path: Path) -> None:
    inserted = (
        "<w:p><w:ins><w:r><w:t>Put in</w:t></w:r></w:ins><w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>"
    )
    noted = '<w:p><w:r><w:t>Torque</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r></w:p>'
    control = f"<w:sdt><w:sdtContent>{paragraph('In a control')}</w:sdtContent></w:sdt>"
    box = f"<w:p><w:r><w:pict><w:txbxContent>{paragraph('In a box')}</w:txbxContent></w:pict></w:r></w:p>"
    table = word_table([["Model", "Power"], ["Wren", "85 | 90"]])
    body = paragraph("Manual", 1) + paragraph("Wheels", 2) + inserted + noted + control + box + table
    content = load(tmp_path / "a.docx", docx(body))
    assert content.title == "Manual"
    assert [(heading.level, heading.title) for heading in content.headings] == [(1, "Manual"), (2, "Wheels")]
    assert [line for line in content.text.split("\n") if line] == [
        "Manual",
        "Wheels",
        "Put in",
        "Torque[1]",
        "In a control",
        "In a box",
        "| Model | Power |",
        "| Wren | 85 / 90 |",
        "1. Only when cold.",
    ]
    assert content.tables[0].header == ("Model", "Power")
    assert rows(content) == [["| Wren | 85 / 90 |"]]


def test_slides_are_pages_with_headings_and_notes(tmp_path: Path) -> None:
    content = load(
        tmp_path / "a.pptx", pptx([("Brakes", "Check\nReplace"), ("", ""), ("Oil", "5W-30")], notes="Say it")
    )
    assert [(page.number, content.text[page.start :].split("\n")[0]) for page in content.pages] == [
        (1, "Brakes"),
        (2, "Slide 2"),
        (3, "Oil"),
    ]
    assert [heading.title for heading in content.headings] == ["Brakes", "Slide 2", "Oil"]
    assert content.text.startswith("Brakes\n\n- Check\n- Replace\n\nNotes:\nSay it\n\n")


def test_slides_keep_tables_groups_and_leave_out_hidden_ones() -> None:
    presentation = Presentation()
    slide, hidden, _ = (presentation.slides.add_slide(presentation.slide_layouts[6]) for _ in range(3))
    table = slide.shapes.add_table(2, 2, 0, 0, 100, 100).table
    for row, cells in enumerate([("Model", "Power"), ("Wren", "85 kW")]):
        for column, words in enumerate(cells):
            table.cell(row, column).text = words
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, 10, 10).text_frame.text = "In a group"
    hidden.shapes.add_textbox(0, 0, 10, 10).text_frame.text = "Unseen"
    hidden.element.set("show", "0")
    file = io.BytesIO()
    presentation.save(file)
    reading = PPTX.read(file.getvalue(), "Deck")
    assert reading.content.title == "Deck"
    assert [line for line in reading.content.text.split("\n") if line] == [
        "Slide 1",
        "| Model | Power |",
        "| Wren | 85 kW |",
        "In a group",
    ]
    assert reading.content.tables[0].header == ("Model", "Power")
    assert reading.note == "Hidden slides were left out: 2. Slides without text: 3."
