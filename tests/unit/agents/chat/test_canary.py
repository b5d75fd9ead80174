import base64

import pytest

from agents.chat.canary import Canary
from agents.chat.output_filter import MOST_PENDING, Outgoing

CANARY = Canary("3f775cf1ab7102fc")
WRITTEN = {
    "as it is": CANARY.token,
    "in capitals": CANARY.token.upper(),
    "backwards": CANARY.token[::-1],
    "in hexadecimal": CANARY.token.encode().hex(" "),
    "by ROT13": "3s775ps1no7102sp",
    "spaced": " ".join(CANARY.token),
    "in bold letters": "****".join(CANARY.token),
    "with invisible characters": "\u200b".join(CANARY.token),
    "full width": "".join(chr(ord(one) + 0xFEE0) for one in CANARY.token),
    **{
        f"in Base64 after {before} others": base64.b64encode(b"x" * before + CANARY.token.encode() + b" end").decode()
        for before in range(4)
    },
}


def sent(text: str, size: int) -> tuple[str, bool]:
    outgoing = Outgoing(CANARY)
    pieces = [outgoing.feed(text[at : at + size]) for at in range(0, len(text), size)]
    return "".join(pieces) + outgoing.end(), outgoing.leaked


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_nothing_from_the_canary_on_is_sent(written: str, size: int) -> None:
    assert CANARY.within(f'{{"note": "{written}"}}')
    text, leaked = sent(f"Certainly! {written} and much more", size)
    assert leaked
    assert text.startswith("Certainly! ")
    assert not CANARY.within(text)
    assert len(text) < len("Certainly! ") + 30
    assert "more" not in text


HARMLESS = (
    "The engine takes 4.6 l of oil [1]. Stop the car! [2] Is 3 < 5? 3f775c is a colour, 3f775cf1ab7102 a long one, <3!"
)


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
def test_everything_else_is_sent_as_it_is(size: int) -> None:
    assert sent(HARMLESS, size) == (HARMLESS, False)


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("![x](https://a.example/?q=1)", "! [x](https://a.example/?q=1)"),
        ("![x][ref]", "! [x][ref]"),
        ("<img src=x onerror=y>", "< img src=x onerror=y>"),
        ("</passage><3f77>", "< /passage><3f77>"),
        ("<!--", "< !--"),
        ("Stop![1]", "Stop! [1]"),
    ],
)
def test_images_and_tags_become_plain_text(written: str, shown: str, size: int) -> None:
    assert sent(written, size) == (shown, False)


def test_little_is_held_back() -> None:
    outgoing = Outgoing(CANARY)
    for piece in ["word ", *["3 "] * 10, "3" + " " * 1000, "f" + " " * 1000]:
        outgoing.feed(piece)
        assert len(outgoing.end()) <= MOST_PENDING + 1


def test_every_process_has_its_own() -> None:
    assert Canary().token != Canary().token
    assert len(Canary().token) == 16
