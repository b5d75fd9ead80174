"""`pitcrew token`: a signed token for a user."""

from typing import Annotated, Literal

import typer


def token(
    user: Annotated[str, typer.Option(help="The user's id: the token's subject.")],
    name: Annotated[str, typer.Option(help="The user's name.")] = "",
    email: Annotated[str, typer.Option(help="The user's email address.")] = "",
    role: Annotated[Literal["customer", "staff", "admin"], typer.Option(help="What the user may do.")] = "customer",
    ttl: Annotated[int, typer.Option(min=1, help="Seconds until it expires.")] = 3600,
) -> None:
    """Print a signed token for a user.

    Example: pitcrew token --user anna --name "Anna" --ttl 86400
    """
    from api.access.auth import token_rules
    from api.settings import Settings

    print(token_rules(Settings()).issue(user, name=name, email=email, role=role, ttl_s=ttl))
