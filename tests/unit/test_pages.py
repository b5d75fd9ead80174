"""What the pages say of the HTTP API, against its routes."""

import re
from collections.abc import Iterator
from importlib import import_module
from itertools import chain
from pkgutil import walk_packages

from fastapi import APIRouter
from fastapi.routing import APIRoute

from api import integrations, routes
from api.routes import stopping
from tests.serving import ROOT

PAGES = [ROOT / "README.md", ROOT / "PROTOCOL.md", *sorted((ROOT / "docs").glob("*.md"))]
REQUEST = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE) (/[\w/{}.-]+)")
OF_THE_FRAMEWORK = {"/docs", "/docs/oauth2-redirect", "/docs/assets/{name}", "/openapi.json", "/"}


def served() -> Iterator[APIRoute]:
    packages = (walk_packages(package.__path__, f"{package.__name__}.") for package in (routes, integrations))
    for found in chain.from_iterable(packages):
        router = getattr(import_module(found.name), "router", None)
        if isinstance(router, APIRouter):
            yield from (route for route in router.routes if isinstance(route, APIRoute))


def test_every_request_that_the_pages_name_is_served() -> None:
    known = list(served())
    named = {request for page in PAGES for request in REQUEST.findall(page.read_text("utf-8"))}
    unknown = {
        (method, path)
        for method, path in named
        if path not in OF_THE_FRAMEWORK
        and not any(method in route.methods and route.path_regex.match(path) for route in known)
    }
    assert len(named) > 15
    assert unknown == set()


def test_the_comparison_with_sockets_says_how_an_answer_is_stopped() -> None:
    table = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")
    (row,) = [line for line in table.splitlines() if line.startswith("| stopping an answer |")]
    routes_that_stop = {route.path for route in stopping.router.routes if isinstance(route, APIRoute)}
    assert routes_that_stop == {path for _, path in REQUEST.findall(row)}
