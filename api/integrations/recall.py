"""Conversations known again by what was said in them, for clients that tell the whole of it with each message. Pure.

So such a client gets what only a stored conversation has: what was asked back, and a booking that waits for a yes. The
store knows a conversation by the name that is made here. Where it is not known any more (a changed or shortened
telling), what the client tells has to do.
"""

import hashlib


def after(key: str, role: str, text: str) -> str:
    """The name of a conversation that goes on with this message; `key` is that of what came before, "" for nothing.
    Spaces and line breaks do not count."""
    return hashlib.sha256(f"{key}\n{role}\n{' '.join(text.split())}".encode()).hexdigest()
