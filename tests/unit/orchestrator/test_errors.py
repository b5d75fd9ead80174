"""The errors that clients see."""

from orchestrator.errors import NotFound, error_classes


def test_each_code_is_listed_once() -> None:
    """A text that depends on the case, as that of an unknown agent, is none of the code's."""
    codes = [kind.code for kind in error_classes()]
    assert len(codes) == len(set(codes)) > 15
    assert NotFound in error_classes()
