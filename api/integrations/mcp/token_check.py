"""Who may use the tools over HTTP: whoever shows a token of ours, as everywhere."""

from mcp.server.auth.provider import AccessToken

from api.access.sign_in import SignIn
from orchestrator.errors import PitcrewError


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
        return AccessToken(
            token=token, client_id=user.user_id, subject=user.user_id, scopes=[], expires_at=user.expires
        )
