"""Sitemaps (sitemaps.org, protocol 0.9): the list of a site's pages, or of further sitemaps."""

import zlib
from dataclasses import dataclass

from lxml import etree

MOST_BYTES = 50 * 1024 * 1024
"""Of one sitemap, as the protocol has it."""
_GZIP = b"\x1f\x8b"
_ROOTS = {"urlset": "url", "sitemapindex": "sitemap"}


@dataclass(frozen=True, slots=True)
class Sitemap:
    """Addresses as they are written there: of pages, or of further sitemaps."""

    pages: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()


def sitemap(body: bytes) -> Sitemap | None:
    """What a file says, also one packed by gzip; None where it is no sitemap."""
    if body.startswith(_GZIP):
        unpack = zlib.decompressobj(wbits=31)
        try:
            body = unpack.decompress(body, MOST_BYTES)
        except zlib.error:
            return None
    if b"<urlset" not in body[:4096] and b"<sitemapindex" not in body[:4096]:
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return None
    if root is None or _name(root) not in _ROOTS:
        return None
    found = tuple(
        (place.text or "").strip()
        for entry in root
        if _name(entry) == _ROOTS[_name(root)]
        for place in entry
        if _name(place) == "loc" and place.text
    )
    return Sitemap(pages=found) if _name(root) == "urlset" else Sitemap(sitemaps=found)


def _name(element: "etree._Element") -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""
