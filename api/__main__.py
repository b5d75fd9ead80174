"""`python -m api` is the same as `pitcrew`."""

from api.cli import main

main()
