"""What is heavy and rarely used may be missing: then a command says how it is installed, before it works for long."""

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import api.cli.evaluation.plots
from api.cli.evaluation.plots import check_suffix
from api.failure import CommandFailed


def test_a_plot_without_matplotlib_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = {"matplotlib"}
    monkeypatch.setattr(
        api.cli.evaluation.plots, "find_spec", lambda name: None if name in missing else find_spec(name)
    )
    with pytest.raises(CommandFailed, match=f"{sys.executable} -m pip install matplotlib"):
        check_suffix(Path("curve.svg"))
    missing.clear()
    check_suffix(Path("curve.svg"))
