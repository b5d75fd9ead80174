import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from api.compose.model_servers import ModelServer, addresses, look
from api.settings import Settings

Serve = Callable[..., str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server that answers `GET /v1/models` with a body, and gives its address."""
    servers: list[HTTPServer] = []

    def start(body: str, status: int = 200) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status if self.path == "/v1/models" else 404)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *arguments: object) -> None:
                """Says nothing."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/v1"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def models(*names: str, owner: str = "library") -> str:
    return json.dumps({"object": "list", "data": [{"id": name, "owned_by": owner} for name in names]})


def test_servers_are_found_in_their_order_with_their_models(serve: Serve) -> None:
    first, second = serve(models("llama3.2:3b", "bad\x1b[31mname")), serve('{"data": null}')
    assert look([first, "http://127.0.0.1:1/v1", second], 2.0) == (
        ModelServer(first, ("llama3.2:3b",)),
        ModelServer(second, ()),
    )


@pytest.mark.parametrize(
    "body", ["", "<html>", "[]", '{"data": 1}', '{"data": [{"name": "x"}]}', models("specs", owner="pitcrew")]
)
def test_what_is_no_model_server_or_our_own_is_none(serve: Serve, body: str) -> None:
    assert look([serve(body)], 2.0) == ()


def test_a_refusal_is_no_answer(serve: Serve) -> None:
    assert look([serve(models("x"), 401)], 2.0) == ()


@pytest.mark.parametrize("place", ["", "nonsense", "ftp://127.0.0.1/v1", "http://127.0.0.1:99999/v1", "http://[/v1"])
def test_nonsense_is_nowhere(place: str) -> None:
    assert look([place], 0.1) == ()


@pytest.mark.parametrize(
    "place",
    ["http://192.0.2.1:11434/v1", "https://example.org/v1", "http://localhost.example.org/v1", "localhost:1/v1"],
)
def test_other_machines_are_nowhere_to_look(place: str) -> None:
    assert addresses(Settings(model_servers=f"{place},http://localhost:1/v1")) == ("http://localhost:1/v1",)


def test_a_silent_server_takes_no_longer_than_the_time_allows() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        began = time.monotonic()
        assert look([f"http://127.0.0.1:{silent.getsockname()[1]}/v1"] * 4, 0.1) == ()
        assert time.monotonic() - began < 1.0


def test_what_would_have_a_server_used() -> None:
    assert ModelServer("http://127.0.0.1:11434/v1", ("nomic-embed-text", "llama3.2")).settings == (
        "PITCREW_MODELS=ollama:llama3.2",
    )
    assert ModelServer("http://127.0.0.1:1234/v1", ("qwen",)).settings == (
        "PITCREW_MODELS=local:qwen",
        "PITCREW_LOCAL_BASE_URL=http://127.0.0.1:1234/v1",
    )
    assert ModelServer("http://127.0.0.1:1234/v1", ()).settings == ()


def test_the_places_are_those_of_the_settings() -> None:
    assert addresses(Settings(model_servers=" http://127.0.0.1:1/v1/, ,http://127.0.0.1:1/v1")) == (
        "http://127.0.0.1:1/v1",
    )
    assert "http://127.0.0.1:11434/v1" in addresses(Settings.model_construct())
    assert addresses(Settings(model_servers="")) == ()
