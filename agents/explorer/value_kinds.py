"""What people call the kinds of values that columns hold."""

from collections.abc import Mapping

from agents.dataset import Kind

KIND_WORDS: Mapping[str, frozenset[Kind]] = {
    "date": frozenset({"date", "timestamp"}),
    "time": frozenset({"timestamp"}),
    "timestamp": frozenset({"timestamp"}),
    "datetime": frozenset({"timestamp"}),
    "boolean": frozenset({"boolean"}),
    "flag": frozenset({"boolean"}),
    "number": frozenset({"integer", "number"}),
    "integer": frozenset({"integer"}),
    "decimal": frozenset({"number"}),
    "text": frozenset({"text"}),
    "string": frozenset({"text"}),
}
"""By the word in the singular."""
