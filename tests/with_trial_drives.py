"""The product's command line with the test's own specialist in the specialists: `python -m tests.with_trial_drives
serve`."""

from pathlib import Path

import agents.specialists
from api.cli import main

agents.specialists.__path__.append(str(Path(__file__).parent / "specialists"))

if __name__ == "__main__":
    main()
