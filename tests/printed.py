"""Client code as it is printed in the documents that this product was asked for, where they are at hand."""

import re
from pathlib import Path

import pytest

SEEDS = Path(__file__).parent.parent.parent / "shared" / "seeds"


def printed_code(prefix: str, language: str, containing: str) -> str:
    """The code block of the document `prefix…` that holds `containing`; the test is skipped where there is none."""
    found = sorted(SEEDS.glob(f"{prefix}*")) if SEEDS.is_dir() else []
    if not found:
        pytest.skip(f"the document {prefix}… with the printed client is not at hand ({SEEDS})")
    blocks = re.findall(rf"```{language}\n(.*?)```", found[0].read_text(encoding="utf-8"), re.S)
    return next(block for block in blocks if containing in block)
