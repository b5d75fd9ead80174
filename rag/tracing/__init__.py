"""Where the time of a run goes: the contract of whoever records it."""
