import pytest

from api.client import Client, Way
from api.client.address import base_url, chat_url


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("ws://127.0.0.1:8000", "ws://127.0.0.1:8000/ws/chat"),
        ("ws://127.0.0.1:8000/", "ws://127.0.0.1:8000/ws/chat"),
        ("ws://127.0.0.1:8000/ws/chat", "ws://127.0.0.1:8000/ws/chat"),
        ("ws://127.0.0.1:8000/ws/chat/", "ws://127.0.0.1:8000/ws/chat"),
        ("http://localhost:8000", "ws://localhost:8000/ws/chat"),
        ("https://support.example.com/pitcrew/", "wss://support.example.com/pitcrew/ws/chat"),
        ("wss://support.example.com/ws/chat?region=eu#x", "wss://support.example.com/ws/chat?region=eu"),
        ("localhost:8000", "ws://localhost:8000/ws/chat"),
        ("[::1]:8000", "ws://[::1]:8000/ws/chat"),
        ("support.example.com", "wss://support.example.com/ws/chat"),
        ("  HTTP://LOCALHOST:8000  ", "ws://LOCALHOST:8000/ws/chat"),
    ],
)
def test_any_usual_form(address: str, expected: str) -> None:
    assert chat_url(address) == expected
    assert chat_url(expected) == expected
    assert base_url(address) == expected.partition("?")[0].removesuffix("/ws/chat")
    Client(address, "token")
    assert Way(address).socket("/ws/query").startswith(base_url(address) + "/ws/query")


@pytest.mark.parametrize(
    "address",
    [
        "",
        " ",
        "ftp://example.com",
        "ws://",
        "http://:8000",
        "localhost:port",
        "ws://[::1",
        "ws://a b",
        "ws://a:99999",
        "/",
    ],
)
def test_what_is_no_address_is_said_so(address: str) -> None:
    for use in (chat_url, base_url, Way, lambda text: Client(text, "token")):
        with pytest.raises(ValueError, match="an address is like"):
            use(address)
