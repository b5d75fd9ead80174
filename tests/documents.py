"""Small documents of every format, written by hand, so that tests can also write broken and hostile ones."""

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence

from pptx import Presentation

_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_SLIDES = "http://schemas.openxmlformats.org/presentationml/2006/main"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_VENDOR = "application/vnd.openxmlformats-officedocument"
XML = '<?xml version="1.0" encoding="UTF-8"?>'
ENTITIES = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {name} "{f"&{below};" * 10}">' for below, name in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)
EXTERNAL = '<!DOCTYPE x [<!ENTITY i SYSTEM "file:///etc/passwd">]>'


def package(parts: Mapping[str, str | bytes]) -> bytes:
    """A ZIP archive of these parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name), part, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def relations(targets: Mapping[str, str]) -> str:
    """A part that relates another to its `targets`, which are kinds by path; the ids are r1, r2 and so on."""
    lines = "".join(
        f'<Relationship Id="r{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (target, kind) in enumerate(targets.items(), start=1)
    )
    return f'{XML}<Relationships xmlns="{_RELATIONS}">{lines}</Relationships>'


def types(overrides: Mapping[str, str]) -> str:
    lines = "".join(f'<Override PartName="/{part}" ContentType="{kind}"/>' for part, kind in overrides.items())
    return (
        f'{XML}<Types xmlns="{_TYPES}"><Default Extension="xml" ContentType="application/xml"/><Default '
        f'Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{lines}</Types>'
    )


def docx_parts(body: str, declarations: str = "") -> dict[str, str | bytes]:
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="H{level}"><w:name w:val="heading {level}"/></w:style>'
        for level in range(1, 7)
    )
    return {
        "[Content_Types].xml": types({"word/document.xml": f"{_VENDOR}.wordprocessingml.document.main+xml"}),
        "_rels/.rels": relations({"word/document.xml": "officeDocument"}),
        "word/document.xml": f'{XML}{declarations}<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>',
        "word/styles.xml": f'{XML}<w:styles xmlns:w="{_WORD}">{styles}</w:styles>',
        "word/footnotes.xml": f'{XML}<w:footnotes xmlns:w="{_WORD}"><w:footnote w:id="2">{paragraph("Only when cold.")}'
        "</w:footnote></w:footnotes>",
    }


def docx(body: str, declarations: str = "") -> bytes:
    return package(docx_parts(body, declarations))


def paragraph(text: str, heading: int = 0) -> str:
    style = f'<w:pPr><w:pStyle w:val="H{heading}"/></w:pPr>' if heading else ""
    return f'<w:p>{style}<w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def word_table(rows: Sequence[Sequence[str]]) -> str:
    lines = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return "<w:tbl>" + "".join(f"<w:tr>{line}</w:tr>" for line in lines) + "</w:tbl>"


def xlsx_parts(
    sheets: Mapping[str, str], *, hidden: Sequence[str] = (), declarations: str = ""
) -> dict[str, str | bytes]:
    """A workbook of sheets by name, each the XML of its rows, or of its rows and what follows them. Cell style 1 is a
    date, 2 a percentage."""
    numbers = range(1, len(sheets) + 1)
    listed = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="r{number}" '
        f'state="{"hidden" if name in hidden else "visible"}"/>'
        for number, name in zip(numbers, sheets, strict=True)
    )
    targets = {f"worksheets/sheet{number}.xml": "worksheet" for number in numbers} | {"styles.xml": "styles"}
    kinds = {f"xl/worksheets/sheet{number}.xml": f"{_VENDOR}.spreadsheetml.worksheet+xml" for number in numbers}
    kinds |= {"xl/workbook.xml": f"{_VENDOR}.spreadsheetml.sheet.main+xml"}
    styles = '<cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="9"/></cellXfs>'
    return {
        "[Content_Types].xml": types(kinds),
        "_rels/.rels": relations({"xl/workbook.xml": "officeDocument"}),
        "xl/workbook.xml": f'{XML}<workbook xmlns="{_SHEETS}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(targets),
        "xl/styles.xml": f'{XML}<styleSheet xmlns="{_SHEETS}">{styles}</styleSheet>',
    } | {
        f"xl/worksheets/sheet{number}.xml": f'{XML}{declarations}<worksheet xmlns="{_SHEETS}"><sheetData>'
        + (rows if "</sheetData>" in rows else f"{rows}</sheetData>")
        + "</worksheet>"
        for number, rows in zip(numbers, sheets.values(), strict=True)
    }


def xlsx(sheets: Mapping[str, str], *, hidden: Sequence[str] = (), declarations: str = "") -> bytes:
    return package(xlsx_parts(sheets, hidden=hidden, declarations=declarations))


def sheet_rows(rows: Sequence[Sequence[str | float | None]]) -> str:
    """Rows of a sheet from cell A1 on; a text that begins with `<c ` stands for itself."""
    lines = []
    for number, row in enumerate(rows, start=1):
        cells = "".join(_cell(f"{chr(65 + column)}{number}", value) for column, value in enumerate(row))
        lines.append(f'<row r="{number}">{cells}</row>')
    return "".join(lines)


def _cell(place: str, value: str | float | None) -> str:
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith("<c "):
        return value.replace("<c ", f'<c r="{place}" ', 1)
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
    return f'<c r="{place}"><v>{value}</v></c>'


def pdf(*pages: str, title: str = "", drawing: str = "") -> bytes:
    """A PDF with one line of text on each page; an empty page shows `drawing`."""
    streams = [f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET" if text else drawing for text in pages]
    return pdf_of([stream.encode() for stream in streams], title=title)


def pdf_of(streams: Sequence[bytes], *, title: str = "", filters: str = "") -> bytes:
    """A PDF whose pages are drawn by these streams."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(streams)))
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(streams)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for n, stream in enumerate(streams):
        bodies.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * n} 0 R "
            "/Resources << /Font << /F1 3 0 R /F2 << /Type /Font /Subtype /Type1 "
            "/BaseFont /Helvetica-Bold >> >> >> >>".encode()
        )
        bodies.append(f"<< /Length {len(stream)} {filters} >>\nstream\n".encode() + stream + b"\nendstream")
    bodies.append(f"<< /Title ({title}) >>".encode())
    data, offsets = [b"%PDF-1.4\n"], []
    size = len(data[0])
    for number, body in enumerate(bodies, start=1):
        offsets.append(size)
        data.append(f"{number} 0 obj\n".encode() + body + b"\nendobj\n")
        size += len(data[-1])
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    objects = len(bodies) + 1
    trailer = f"trailer\n<< /Size {objects} /Root 1 0 R /Info {len(bodies)} 0 R >>\nstartxref\n{size}\n%%EOF"
    return b"".join(data) + f"xref\n0 {objects}\n0000000000 65535 f \n{table}{trailer}".encode()


def drawn(*lines: tuple[float, float, float, str], extra: str = "") -> bytes:
    """A page's stream that draws texts, each at its x and y in points and in its size; a minus before it: in bold."""
    texts = [
        f"BT /F{1 + (size < 0)} {abs(size)} Tf 1 0 0 1 {x} {y} Tm ({_quoted(text)}) Tj ET" for x, y, size, text in lines
    ]
    return " ".join([*texts, extra]).encode()


def _quoted(text: str) -> str:
    return text.replace("(", "\\(").replace(")", "\\)")


def deflated(size: int, byte: bytes = b" ") -> bytes:
    """`size` equal bytes as a zlib stream."""
    packer = zlib.compressobj(9)
    pieces = [packer.compress(byte * min(1 << 20, size - at)) for at in range(0, size, 1 << 20)]
    return b"".join((*pieces, packer.flush()))


def pptx(slides: Sequence[tuple[str, str]] = (("Title", "Text"),), notes: str = "") -> bytes:
    """A presentation of slides with a title and a body whose lines are paragraphs, as python-pptx writes it."""
    presentation = Presentation()
    for title, body in slides:
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = body
        if notes:
            slide.notes_slide.notes_text_frame.text = notes
    file = io.BytesIO()
    presentation.save(file)
    return file.getvalue()


def rewritten(archive: bytes, name: str, old: str, new: str) -> bytes:
    """The archive with the first `old` in its entry `name` replaced."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        parts = {entry: opened.read(entry) for entry in opened.namelist()}
    assert old.encode() in parts[name]
    return package({**parts, name: parts[name].replace(old.encode(), new.encode(), 1)})
