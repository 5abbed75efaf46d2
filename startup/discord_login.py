"""Where Discord is, and what it says of the bot before that connects."""

from dataclasses import dataclass

import discord
import discord.gateway
import discord.http

from cogs.client import intents_with, invite_link


class TokenRefusedError(Exception):
    """Discord does not know the token."""


class NoAnswerError(Exception):
    """Discord does not answer as it should; the text is the name of what happened."""


@dataclass(frozen=True, slots=True)
class Application:
    """What Discord knows of the bot."""

    name: str
    has_message_content: bool
    """Whether the Message Content Intent is switched on."""
    invite_link: str


def point_library_at(api_url: str, gateway_url: str | None) -> None:
    """Make discord.py speak to another Discord; these are its places for that.

    Args:
        api_url: The full base of the REST interface, `/api/v10` included.
        gateway_url: The gateway's WebSocket; None leaves Discord's own.
    """
    discord.http.Route.BASE = api_url
    if gateway_url is not None:
        gateway = type(discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY)
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = gateway(gateway_url)


async def application_of(token: str, connection_errors: tuple[type[Exception], ...]) -> Application:
    """Log in, without connecting, and ask what Discord knows of the bot.

    Args:
        token: The bot's token.
        connection_errors: What the HTTP library raises when a connection fails.

    Raises:
        TokenRefusedError: Discord does not know the token.
        NoAnswerError: Discord does not answer as it should.
    """
    try:
        async with discord.Client(intents=intents_with(content=True)) as client:
            await client.login(token)
            application = await client.application_info()
    except discord.LoginFailure as error:
        raise TokenRefusedError from error
    except (discord.HTTPException, OSError, *connection_errors) as error:
        raise NoAnswerError(type(error).__name__) from error
    flags = application.flags
    return Application(
        name=str(client.user),
        has_message_content=flags.gateway_message_content or flags.gateway_message_content_limited,
        invite_link=invite_link(application.id),
    )
