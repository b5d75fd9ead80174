"""The token that a client shows."""

import inspect
from collections.abc import Awaitable, Callable

Token = str | Callable[[], str | Awaitable[str]]
"""A token, or a function (async or not) that gives a fresh one."""


class Credentials:
    """The token: a text, or a function that gives a fresh one, asked once and again when that has run out."""

    def __init__(self, source: Token) -> None:
        self._source = source
        self._token: str | None = None

    @property
    def renewable(self) -> bool:
        return callable(self._source)

    @property
    def has_token(self) -> bool:
        """Whether `token` gives one that was used before."""
        return self._token is not None

    def forget(self) -> None:
        self._token = None

    async def token(self) -> str:
        """The token. Raises whatever the function raises."""
        if self._token is None:
            if isinstance(self._source, str):
                self._token = self._source
            else:
                token = self._source()
                self._token = await token if inspect.isawaitable(token) else token
        return self._token
