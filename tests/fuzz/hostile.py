"""Texts and values that break readers, made at random, and sound ones that are damaged."""

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

LETTERS = "aZ09 \t\n\r\"'\\/.,:;-_+*#@&%$<>[]{}()|`~^=!?é߷\u0301\u202e\u200d\ufeff\U0001f468💥"
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63), 1.5, -0.0, 1e308),
    *("", " ", "x", "a" * 129, "é" * 8001, "../../etc/passwd", "' OR 1=1 --", "<script>", "{0}", "%s%n", "\u202e"),
    *([], {}, [[]], [None], {"": ""}, {"type": "auth"}, [[[[[[[[[[1]]]]]]]]]]),
)
UNSPELLABLE = ('"\\u0000"', '"\\ud800"', "NaN", "-Infinity", "1e999", "9" * 5000, "[" * 5000, '{"a":' * 40, "2e", "tru")
"""What no value is spelled as."""

texts = st.one_of(st.text(max_size=300), st.text(st.sampled_from(LETTERS), max_size=300))
long_texts = st.builds(lambda unit, times: (unit * times)[:8000], st.text(min_size=1, max_size=8), st.integers(1, 4000))
any_bytes = st.one_of(st.binary(max_size=600), texts.map(lambda text: text.encode("utf-8", "replace")))
values = st.one_of(st.sampled_from(VALUES), st.integers(), st.floats(), texts)


def frames(samples: Sequence[Any]) -> st.SearchStrategy[str]:
    """Texts that are nearly one of the samples."""
    sound = st.sampled_from(list(samples))
    return st.one_of(
        st.builds(_changed, sound, st.randoms(use_true_random=False), values).map(_spelled),
        st.builds(_cut, sound.map(json.dumps), st.randoms(use_true_random=False)),
        texts,
    )


def objects(samples: Sequence[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects that are nearly one of the samples."""
    return st.builds(_changed, st.sampled_from(list(samples)), st.randoms(use_true_random=False), values).filter(
        lambda value: isinstance(value, dict)
    )


def damaged(sound: bytes) -> st.SearchStrategy[bytes]:
    """The bytes with some of them changed, left out or doubled."""
    return st.builds(_damaged, st.just(sound), st.randoms(use_true_random=False))


def _places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, item in inner for place in _places(item, (*at, key)))]


def _changed(sample: Any, random: Any, value: Any) -> Any:
    """The sample with another value somewhere, something left out, or something more."""
    copy = json.loads(json.dumps(sample))
    *above, last = random.choice(_places(copy)[1:] or [("x",)])
    inside = copy
    for key in above:
        inside = inside[key]
    match random.randrange(4):
        case 0 if isinstance(inside, dict):
            inside.pop(last, None)
        case 1 if isinstance(inside, dict):
            inside[str(random.random())] = value
        case _ if isinstance(inside, dict | list):
            inside[last] = value
    return copy


def _spelled(value: Any) -> str:
    return json.dumps(value)


def _cut(text: str, random: Any) -> str:
    """The text with something in it that cannot be there."""
    at = random.randrange(len(text) + 1)
    return text[:at] + random.choice(UNSPELLABLE) + text[random.randrange(at, len(text) + 1) :]


def _damaged(sound: bytes, random: Any) -> bytes:
    data = bytearray(sound)
    for _ in range(random.randrange(1, 6)):
        at, much = random.randrange(len(data) + 1), random.randrange(1, 40)
        match random.randrange(4):
            case 0:
                del data[at : at + much]
            case 1:
                data[at:at] = data[at : at + much] * random.randrange(1, 4)
            case 2:
                data[at:at] = bytes(random.choices(range(256), k=much))
            case _:
                data[at : at + 1] = bytes([random.randrange(256)])
    return bytes(data)
