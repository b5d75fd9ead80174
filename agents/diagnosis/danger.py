"""The kinds of danger to life that a message can tell of (`agents/acts` reads them)."""

from typing import Literal

Kind = Literal[
    "crash",
    "injured",
    "poison",
    "shock",
    "burn",
    "caught",
    "trapped",
    "water",
    "fire",
    "gas",
    "high_voltage",
    "fuel",
    "fumes",
    "bursting",
    "falling",
    "roadside",
    "brakes",
    "accelerator",
    "steering",
    "wheel",
    "visibility",
]
"""What is dangerous, in the order of gravity."""
