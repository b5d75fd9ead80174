"""`pitcrew token`: a signed token for a user, or the end of one."""

from typing import Annotated, Literal

import typer


def token(
    user: Annotated[str, typer.Option(help="The user's id: the token's subject.")] = "",
    name: Annotated[str, typer.Option(help="The user's name.")] = "",
    email: Annotated[str, typer.Option(help="The user's email address.")] = "",
    role: Annotated[Literal["customer", "staff", "admin"], typer.Option(help="What the user may do.")] = "customer",
    ttl: Annotated[int, typer.Option(min=1, help="Seconds until it expires.")] = 3600,
    revoke: Annotated[str, typer.Option(metavar="TOKEN", help="Refuse this token, or the one with this jti.")] = "",
    revoke_user: Annotated[str, typer.Option(metavar="USER", help="Refuse all tokens that this user has now.")] = "",
) -> None:
    """Print a signed token for a user, or revoke tokens before they expire.

    Example: pitcrew token --user anna --name "Anna" --ttl 86400

    Example: pitcrew token --revoke-user anna
    """
    from api.settings import Settings

    if bool(user) + bool(revoke) + bool(revoke_user) != 1:
        raise typer.BadParameter("Say one of --user, --revoke and --revoke-user.")
    settings = Settings()
    if user:
        from api.access.auth import token_rules

        print(token_rules(settings).issue(user, name=name, email=email, role=role, ttl_s=ttl))
        return
    import asyncio

    from api.access.auth import ID_CHARS, named_token
    from api.compose.auditing import audit_command
    from api.compose.database import open_migrated_database
    from orchestrator.stores.sql_revocations import SqlRevocations

    name = revoke_user or named_token(revoke)
    if len(name) > ID_CHARS:
        raise typer.BadParameter("That is neither a token nor the id of one.")
    database = open_migrated_database(settings)
    revocations = SqlRevocations(database, settings.jwt_lifetime_s)
    try:
        asyncio.run(revocations.add("user" if revoke_user else "token", name, "command line"))
        audit_command(settings, "revoke", {"kind": "user" if revoke_user else "token"}, subject=revoke_user)
    finally:
        revocations.close()
        database.dispose()
    typer.echo("Revoked. Servers that run refuse it within 15 s, and close what is open by it.", err=True)
