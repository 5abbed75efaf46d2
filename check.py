"""`python bot.py --check`: tests everything that has to be right, and says what to mend."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

import aiohttp
import discord
from rich.console import Console
from rich.table import Table

from cogs.client import intents_with, invite_link
from config import Settings
from conversation.errors import ModelNameError, StoreError
from discord_address import point_library_at
from wiring import Engine, open_engine

_PORTAL = "https://discord.com/developers/applications"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tested.

    `mend` says what to do, and is empty where all is right. A thing that is not right but with
    which the bot runs is not `is_vital`.
    """

    what: str
    state: str
    mend: str = ""
    is_vital: bool = True


async def check(settings: Settings, console: Console | None = None) -> int:
    """Test everything, print a table of what is right and what is not, and give the exit code.

    Returns:
        0 if the bot can run, 2 if something has to be mended first.
    """
    console = console or Console()
    table = Table("", "What", "State", "What to do")
    is_right = True
    async with aclosing(_findings(settings)) as findings:
        async for finding in findings:
            mark = "✓" if not finding.mend else "✗" if finding.is_vital else "!"
            table.add_row(mark, finding.what, finding.state, finding.mend)
            is_right = is_right and (not finding.mend or not finding.is_vital)
    console.print(table)
    return 0 if is_right else 2


async def _findings(settings: Settings) -> AsyncGenerator[Finding, None]:
    yield Finding("Settings", "understood")
    async for finding in _discord(settings):
        yield finding
    try:
        async with open_engine(settings) as engine:
            async for finding in _engine(settings, engine):
                yield finding
    except (StoreError, ValueError) as error:
        yield Finding("Database", str(error), "Look at DATABASE_URL and DATA_DIR.")


async def _discord(settings: Settings) -> AsyncGenerator[Finding, None]:
    if settings.discord_token is None:
        mend = f"Copy the token from {_PORTAL}, page Bot, into .env as DISCORD_TOKEN."
        yield Finding("Token", "not set", mend)
        return
    try:
        if settings.discord_api_url is not None:
            await point_library_at(settings.discord_api_url)
        async with discord.Client(intents=intents_with(content=True)) as client:
            await client.login(settings.discord_token.get_secret_value())
            application = await client.application_info()
            yield Finding("Token", f"accepted; the bot is {client.user}")
    except discord.LoginFailure:
        mend = f"Copy the token anew from {_PORTAL}, page Bot (Reset Token)."
        yield Finding("Token", "refused by Discord", mend)
        return
    except (aiohttp.ClientError, discord.HTTPException, OSError) as error:
        state = f"Discord does not answer: {type(error).__name__}"
        yield Finding("Token", state, "Look at the network, and at DISCORD_API_URL if it is set.")
        return
    flags = application.flags
    if flags.gateway_message_content or flags.gateway_message_content_limited:
        yield Finding("Message Content Intent", "switched on")
    else:
        mend = f"Switch it on at {_PORTAL}, page Bot; without it only mentions are heard."
        yield Finding("Message Content Intent", "switched off", mend, is_vital=False)
    yield Finding("Invite link", invite_link(application.id))


async def _engine(settings: Settings, engine: Engine) -> AsyncGenerator[Finding, None]:
    await engine.store.ping()
    damages = await engine.store.integrity()
    mend = "Restore a backup: the file is damaged." if damages else ""
    yield Finding("Database", "; ".join(damages) or "there, and whole", mend)
    for provider in engine.providers:
        models = await provider.models()
        if provider.is_listed:
            yield Finding(f"Provider {provider.name}", f"{len(models)} models")
        else:
            mend = "Look at its base URL, key and proxy."
            is_used = settings.default_model.startswith(f"{provider.name}/")
            state = "does not answer, or does not list its models"
            yield Finding(f"Provider {provider.name}", state, mend, is_vital=is_used)
    try:
        model = engine.catalog.resolve(settings.default_model)
    except ModelNameError as error:
        nearest = ", ".join(error.candidates) or "what a provider above offers"
        yield Finding("Default model", "unknown", f"Set DEFAULT_MODEL to {nearest}.")
    else:
        yield Finding("Default model", model.full_name)
