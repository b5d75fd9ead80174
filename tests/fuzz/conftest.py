"""What the runs of `make fuzz` say at their end."""

import pytest

from tests.fuzz.effort import LONG, executions


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if LONG and executions:
        terminalreporter.section("tried")
        for name, number in sorted(executions.items()):
            terminalreporter.write_line(f"{number:>9,}  {name}")
        terminalreporter.write_line(f"{executions.total():>9,}  in all")
