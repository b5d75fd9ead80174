"""Which tokens are good no more although they have not ended. Pure: where that is kept is the store's affair."""

from collections.abc import Iterable

from api.access.auth import Identity
from orchestrator.stores.sql_revocations import Revocation, hashed


class Revoked:
    """What was revoked, as it was last read."""

    def __init__(self, revocations: Iterable[Revocation] = ()) -> None:
        self.replace(revocations)

    def replace(self, revocations: Iterable[Revocation]) -> None:
        """Put this in the place of what was known."""
        every = tuple(revocations)
        self._tokens = frozenset(one.name for one in every if one.kind == "token")
        self._users: dict[str, int] = {}
        for one in every:
            if one.kind == "user":
                self._users[one.name] = max(one.before, self._users.get(one.name, 0))

    def covers(self, identity: Identity) -> bool:
        """Whether its token was revoked, or issued before its user's tokens were. One without `iat` counts as old."""
        if identity.token_id in self._tokens:
            return True
        known = self._users.get(identity.user_id), self._users.get(hashed(identity.user_id))
        return any(before is not None and identity.issued <= before for before in known)
