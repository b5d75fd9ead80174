"""Who may use the tools over HTTP, and as whom they are used: whoever shows a token of ours, as everywhere."""

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken

from api.access.operations import STAFF
from api.access.sign_in import SignIn
from orchestrator.errors import PitcrewError

OF_STAFF = "staff"
"""The scope of a token of the staff's."""


class TokenCheck:
    """See `mcp.server.auth.provider.TokenVerifier`."""

    def __init__(self, sign_in: SignIn) -> None:
        self._sign_in = sign_in

    async def verify_token(self, token: str) -> AccessToken | None:
        """What the token grants; None for one that is not good."""
        try:
            user = await self._sign_in.verify(token)
        except PitcrewError:
            return None
        scopes = [OF_STAFF] if user.role in STAFF else []
        return AccessToken(
            token=token, client_id=user.user_id, subject=user.user_id, scopes=scopes, expires_at=user.expires
        )


def shown_token() -> str:
    """The token of the request that is being answered; "" where none was asked for."""
    shown = get_access_token()
    return shown.token if shown is not None else ""
