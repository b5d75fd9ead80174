"""Pages are fetched from public addresses alone, within limits."""

import gzip
import socket
import zlib

import pytest

from rag.ingestion.web.network import Network, Unfetched, public
from tests.web_site import Answer, html, web_site

SOME = 1 << 20


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1", "::1",
     "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "::"],
)  # fmt: skip
def test_private_addresses_are_known(address: str) -> None:
    assert not public(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822", "::ffff:93.184.216.34"]
)
def test_public_addresses_are_known(address: str) -> None:
    assert public(address)


def test_a_name_that_leads_into_a_private_network_is_not_asked() -> None:
    with web_site({"/": html("Secret")}) as site:
        network = Network(resolve=lambda host, port: ["127.0.0.1"])
        with pytest.raises(Unfetched, match="private network"):
            network.fetch(f"http://example.com:{site.port}/", SOME)
        assert site.asked == []
        network.close()


def test_the_connection_is_made_to_the_address_that_was_checked() -> None:
    """Where a name first leads to a public address and then to a private one, only the first answer counts."""
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with web_site({"/": html("Page")}) as site:
        network = Network(private=True, resolve=resolve)
        assert network.fetch(f"http://no-such-name.invalid:{site.port}/", SOME).status == 200
        assert asked == ["no-such-name.invalid"]
        assert dict(site.asked[0][1])["host"] == f"no-such-name.invalid:{site.port}"
        network.close()


def test_unknown_hosts_and_closed_ports_have_words() -> None:
    def nobody(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(Unfetched, match="no host"):
        Network(resolve=nobody).fetch("http://example.com/", SOME)
    waits: list[float] = []
    with pytest.raises(Unfetched, match="try again later"):
        Network(private=True, sleep=waits.append).fetch("http://127.0.0.1:1/", SOME)
    assert len(waits) == 2


def test_what_passes_is_tried_again_as_the_server_says() -> None:
    busy = Answer("later", 503, {"Retry-After": "7"})
    with web_site({"/": [busy, Answer("later", 502), html("Page")], "/never": busy}) as site:
        waits: list[float] = []
        network = Network(private=True, sleep=waits.append)
        assert network.fetch(f"{site.address}/", SOME).status == 200
        assert waits[0] == 7
        assert network.fetch(f"{site.address}/never", SOME).status == 503
        network.close()


def test_pages_are_unpacked_within_the_limit() -> None:
    packed = {"Content-Encoding": "gzip", "Content-Type": "text/plain"}
    answers = {
        "/small": Answer(gzip.compress(b"oil " * 100), headers=packed),
        "/bomb": Answer(gzip.compress(b"\0" * (64 << 20)), headers=packed),
        "/large": Answer(b"x" * (SOME + 1)),
        "/damaged": Answer(b"no gzip", headers=packed),
        "/strange": Answer(zlib.compress(b"x"), headers={"Content-Encoding": "br"}),
    }
    with web_site(answers) as site:
        network = Network(private=True, sleep=lambda seconds: None)
        assert network.fetch(f"{site.address}/small", SOME).body == b"oil " * 100
        for path, words in (("bomb", "larger"), ("large", "larger"), ("damaged", "damaged"), ("strange", "br")):
            with pytest.raises(Unfetched, match=words):
                network.fetch(f"{site.address}/{path}", SOME)
        network.close()
