import pytest

from agents.models.written_calls import WrittenCalls

CALL = '{"name": "look_up", "arguments": {"fluid": "oil"}}'


def read(text: str, size: int) -> tuple[str, bool, str]:
    """What passes, whether it holds a call, and what was held back, of a text in pieces of this size."""
    written = WrittenCalls(["look_up"])
    passed = "".join(written.feed(text[at : at + size]) for at in range(0, len(text), size))
    return passed, written.found, written.rest()


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(
    "text",
    [
        CALL,
        f"  {CALL}",
        f"[{CALL}]",
        f"```json\n{CALL}\n```",
        f"<tool_call>{CALL}</tool_call>",
        "<function=look_up><parameter=fluid>oil</parameter></function>",
        f"<|python_tag|>{CALL}",
        f"[TOOL_CALLS] [{CALL}]",
    ],
)
def test_a_written_call_is_not_said(text: str, size: int) -> None:
    passed, found, _ = read(text, size)
    assert (passed.strip(), found) == ("", True)
    passed, found, _ = read(f"I will look that up.\n\n{text}", size)
    assert (passed.strip(), found) == ("I will look that up.", True)


@pytest.mark.parametrize("size", [1, 4, 1000])
@pytest.mark.parametrize(
    "text",
    [
        "The engine takes 4.5 litres [1].\n\n- [2] says more.\n[3] too.\n",
        "[1] holds it. With look_up {in} the text and a < b.",
        "```\nno call\n```",
        "<b>bold</b>\n[",
        "",
        "\n\n",
    ],
)
def test_everything_else_is_said_in_the_end(text: str, size: int) -> None:
    passed, found, rest = read(text, size)
    assert passed + rest == text
    assert not found
