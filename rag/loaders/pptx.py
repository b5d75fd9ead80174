"""Presentations: each slide is a page with its title as heading, its text, tables and notes in reading order."""

from collections.abc import Iterable, Iterator
from typing import Any

import pptx
from lxml import etree
from pptx.enum.shapes import MSO_SHAPE_TYPE
from pptx.exc import PythonPptxError

from rag.loader import EmptyFile, Loader, Reading, UnreadableFile
from rag.text.archive import checked
from rag.text.builder import Draft

_NO_TITLES = {"", "PowerPoint Presentation"}


def read(data: bytes, title: str) -> Reading:
    file = checked(data, "presentationml", ".pptx")
    draft = Draft()
    hidden, bare = [], []
    try:
        presentation = pptx.Presentation(file)
        for number, slide in enumerate(presentation.slides, start=1):
            if slide.element.get("show") == "0":
                hidden.append(str(number))
            elif not _put_slide(draft, slide, number):
                bare.append(str(number))
        stated = _words(presentation.core_properties.title or "")
    except (PythonPptxError, etree.LxmlError, KeyError, ValueError, AttributeError, TypeError) as error:
        raise UnreadableFile("The presentation is damaged: open it and save it as .pptx again.") from error
    if not draft.lines:
        raise EmptyFile("The slides hold no text, only images or nothing: write their text or remove the file.")
    notes = [
        f"Hidden slides were left out: {', '.join(hidden)}." if hidden else "",
        f"Slides without text: {', '.join(bare)}." if bare else "",
    ]
    return Reading(draft.content(title if stated in _NO_TITLES else stated), " ".join(filter(None, notes)))


def _put_slide(draft: Draft, slide: Any, number: int) -> bool:
    """Put a slide that has any words under its title, or under its number; whether it has."""
    title = slide.shapes.title
    words = _words(title.text_frame.text) if title is not None else ""
    shapes = [shape for shape in _leaves(slide.shapes) if title is None or shape.shape_id != title.shape_id]
    parts = [part for shape in shapes if (part := _part(shape))]
    notes = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    spoken = _lines(notes, listed=False) if notes is not None else []
    if not words and not parts and not spoken:
        return False
    draft.page(number)
    draft.heading(2, words or f"Slide {number}")
    for part in parts:
        if isinstance(part[0], str):
            draft.paragraph("\n".join(part))
        else:
            draft.gap()
            draft.table(part)
    if spoken:
        draft.paragraph("\n".join(["Notes:", *spoken]))
    return True


def _part(shape: Any) -> list[Any]:
    """A shape's lines, or a table's rows of cells."""
    if getattr(shape, "has_table", False):
        return [[_words(cell.text) for cell in row.cells] for row in shape.table.rows]
    return _lines(shape.text_frame, listed=shape.is_placeholder) if shape.has_text_frame else []


def _leaves(shapes: Iterable[Any]) -> Iterator[Any]:
    """The shapes, and those in groups, in reading order."""
    for shape in shapes:
        if shape.shape_type == MSO_SHAPE_TYPE.GROUP:
            yield from _leaves(shape.shapes)
        else:
            yield shape


def _lines(frame: Any, *, listed: bool) -> list[str]:
    """The paragraphs of a text frame. Those of a placeholder are its layout's list items where there are several."""
    paragraphs = [(paragraph.level, words) for paragraph in frame.paragraphs if (words := _words(paragraph.text))]
    marked = listed and len(paragraphs) > 1
    return ["  " * level + "- " + words if marked else words for level, words in paragraphs]


def _words(text: str) -> str:
    return " ".join(text.split())


LOADER = Loader((".pptx",), read)
