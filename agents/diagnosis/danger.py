"""The kinds of danger to life that a message can tell of (`agents/acts` reads them)."""

from typing import Literal

Kind = Literal[
    "crash",
    "injured",
    "trapped",
    "water",
    "fire",
    "high_voltage",
    "fuel",
    "fumes",
    "falling",
    "roadside",
    "brakes",
    "accelerator",
    "steering",
    "wheel",
    "visibility",
]
"""What is dangerous, in the order of gravity."""
