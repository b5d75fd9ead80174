"""PDF: what a reader sees on its pages, with the pages recorded so that an answer can name the printed page.

Words have places (`words`), lines are drawn (`rules`). Words are read in the order in which the page draws them, which
is that of the text; the tables among them are found by drawn lines (`grids`) or by gaps (`gaps`), and the rest are
lines (`lines`). Over all pages running heads are left out (`running`), headings and list items told from text
(`headings`, `marks`), and lines joined to paragraphs (`blocks`).
"""

from threading import Lock

import pypdfium2
from pypdfium2.raw import FPDFPage_CountObjects

from rag.loader import Loader, Reading, UnreadableFile
from rag.loaders.pdf.blocks import put
from rag.loaders.pdf.grids import lines_and_tables, ruled
from rag.loaders.pdf.lines import CONTROLS, Grid, Line, dotted
from rag.loaders.pdf.rules import rules
from rag.loaders.pdf.running import without_running
from rag.loaders.pdf.words import placed_words, turn_of
from rag.text.builder import Draft
from rag.text.signatures import kind_of

_MAX_PAGES = 5000
_HEADER = b"%PDF-"
_HEADER_WITHIN = 1024
_NAMED_PAGES = 12
_PDFIUM = Lock()  # PDFium may be called by one thread at a time


def read(data: bytes, title: str) -> Reading:
    if _HEADER not in data[:_HEADER_WITHIN] and (kind := kind_of(data)):
        raise UnreadableFile(f"This is {kind}, not a PDF: give it the right name, or export it as PDF.")
    with _PDFIUM:
        stated, pages = _pages(data)
    draft = Draft()
    put(draft, without_running([page or [] for page in pages]))
    if not draft.lines:
        raise UnreadableFile("The PDF holds no text, only images: run text recognition (OCR) on it first.")
    scanned = [number for number, page in enumerate(pages, start=1) if page is None]
    return Reading(draft.content(stated or title), _note(scanned))


def _note(scanned: list[int]) -> str:
    if not scanned:
        return ""
    named = ", ".join(map(str, scanned[:_NAMED_PAGES])) + (" and others" if len(scanned) > _NAMED_PAGES else "")
    pages = f"Pages {named} hold" if len(scanned) > 1 else f"Page {named} holds"
    return f"{pages} no text, only images: run text recognition (OCR) to have them read too."


def _pages(data: bytes) -> tuple[str, list[list[Line | Grid] | None]]:
    """The title that the file states, and the lines and tables of every page; None where it shows only images."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise UnreadableFile("The PDF is protected by a password: save a copy without one.") from error
        raise UnreadableFile("The PDF is damaged or is not a PDF: export it again.") from error
    try:
        if len(document) > _MAX_PAGES:
            raise UnreadableFile(f"The PDF has more than {_MAX_PAGES:,} pages: split it into several files.")
        title = " ".join(CONTROLS.sub(" ", document.get_metadata_value("Title")).split())
        return title, [_page(document, index) for index in range(len(document))]
    except pypdfium2.PdfiumError as error:
        raise UnreadableFile("A page of the PDF cannot be read: export it again.") from error
    finally:
        document.close()


def _page(document: pypdfium2.PdfDocument, index: int) -> list[Line | Grid] | None:
    page = document[index]
    try:
        turn = turn_of(page)
        words = placed_words(page, page.get_textpage(), turn)
        if not words:
            return None if FPDFPage_CountObjects(page) > 0 else []
        drawn = rules(page, turn)
    finally:
        page.close()
    return dotted(lines_and_tables(words, ruled(drawn.flat, drawn.steep)), drawn.dots)


LOADER = Loader((".pdf",), read)
