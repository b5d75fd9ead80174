"""What a command says of a setting that cannot be: which one it is, and what is wrong with it, in one plain line."""

import pytest
from pydantic import ValidationError

from api.failure import PARTIAL, explain
from api.settings import Settings


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("PITCREW_TIME_ZONE", "Mars", "PITCREW_TIME_ZONE: there is no time zone 'Mars'; one is Europe/Dublin"),
        ("PITCREW_TIME_ZONE", "../etc/passwd", "PITCREW_TIME_ZONE: there is no time zone '../etc/passwd'"),
        ("PITCREW_TIME_ZONE", "", "PITCREW_TIME_ZONE: there is no time zone ''"),
        ("PITCREW_OPENING_HOURS", "always", "PITCREW_OPENING_HOURS: "),
        ("PITCREW_PRICES", "cheap", "PITCREW_PRICES: 'cheap' should read"),
        ("PITCREW_ENV", "moon", "PITCREW_ENV: "),
    ],
)
def test_a_bad_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, line: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as caught:
        Settings()
    said, code = explain(caught.value)
    assert code == PARTIAL
    assert said is not None
    assert said.startswith(line)
    assert "Value error" not in said
