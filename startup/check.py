"""`python bot.py check`: tests everything that has to be right, and says what to mend."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

import aiohttp
from rich.console import Console
from rich.table import Table
from rich.text import Text

from config.settings import Settings
from conversation.errors import AmbiguousModelError, ModelNameError, StoreError
from startup.discord_address import DiscordAddressError, gateway_of
from startup.discord_login import NoAnswerError, TokenRefusedError, application_of, point_library_at
from startup.wiring import DatabaseAddressError, Engine, open_engine

_PORTAL = "https://discord.com/developers/applications"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tested.

    `mend` says what to do, and is empty where all is right. A thing that is not right but with
    which the bot runs is not `is_vital`. A `link` is shown by itself, to be copied in one piece.
    """

    what: str
    state: str
    mend: str = ""
    is_vital: bool = True
    link: str = ""


async def check(settings: Settings, console: Console | None = None) -> int:
    """Test everything, print a table of what is right and what is not, and give the exit code.

    Returns:
        0 if the bot can run, 2 if something has to be mended first.
    """
    console = console or Console()
    table = Table()
    for heading in ("", "What", "State", "What to do"):
        table.add_column(heading, overflow="fold")
    links: list[Finding] = []
    is_right = True
    async with aclosing(_findings(settings)) as findings:
        async for finding in findings:
            if finding.link:
                links.append(finding)
                continue
            mark = "✓" if not finding.mend else "✗" if finding.is_vital else "!"
            cells = (mark, finding.what, finding.state, finding.mend)
            table.add_row(*(Text(cell) for cell in cells))
            is_right = is_right and (not finding.mend or not finding.is_vital)
    console.print(table)
    for finding in links:
        console.print(f"{finding.what}: {finding.link}", soft_wrap=True, markup=False)
    console.print("Bobbin can run." if is_right else "Mend what has a ✗ first.")
    return 0 if is_right else 2


async def _findings(settings: Settings) -> AsyncGenerator[Finding, None]:
    yield Finding("Settings", "understood")
    async for finding in _discord(settings):
        yield finding
    try:
        async with open_engine(settings) as engine:
            async for finding in _engine(settings, engine):
                yield finding
    except DatabaseAddressError as error:
        yield Finding("Database", "DATABASE_URL means nothing", f"{error}.")
    except StoreError as error:
        yield Finding("Database", str(error), "Look at DATABASE_URL and DATA_DIR.")


async def _discord(settings: Settings) -> AsyncGenerator[Finding, None]:
    if settings.discord_token is None:
        mend = f"Copy the token from {_PORTAL}, page Bot, into .env as DISCORD_TOKEN."
        yield Finding("Token", "not set", mend)
        return
    try:
        if settings.discord_api_url is not None:
            gateway_url = await gateway_of(settings.discord_api_url)
            point_library_at(settings.discord_api_url, gateway_url)
        token = settings.discord_token.get_secret_value()
        application = await application_of(token, (aiohttp.ClientError,))
    except TokenRefusedError:
        mend = f"Copy the token anew from {_PORTAL}, page Bot (Reset Token)."
        yield Finding("Token", "refused by Discord", mend)
    except DiscordAddressError as error:
        mend = "Correct it; unset, it is Discord itself."
        yield Finding("DISCORD_API_URL", str(error), mend)
    except NoAnswerError as error:
        yield Finding("Token", f"Discord does not answer: {error}", "Try later.")
    else:
        yield Finding("Token", f"accepted; the bot is {application.name}")
        if application.has_message_content:
            yield Finding("Message Content Intent", "switched on")
        else:
            mend = f"Switch it on at {_PORTAL}, page Bot; without it only mentions are heard."
            yield Finding("Message Content Intent", "switched off", mend, is_vital=False)
        yield Finding("Invite link", "", link=application.invite_link)


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
    yield _model("Default model", settings.default_model, "DEFAULT_MODEL", engine)
    for name in settings.fallback_models:
        yield _model("Fallback model", name, "FALLBACK_MODELS", engine, is_vital=False)


def _model(what: str, name: str, setting: str, engine: Engine, *, is_vital: bool = True) -> Finding:
    try:
        return Finding(what, engine.catalog.resolve(name).full_name)
    except AmbiguousModelError as error:
        mend = f"Write {' or '.join(error.candidates)} in {setting}."
        return Finding(what, f"{name} could be several", mend, is_vital=is_vital)
    except ModelNameError as error:
        nearest = ", ".join(error.candidates) or "what a provider above offers"
        return Finding(
            what, f"{name} is unknown", f"Set {setting} to {nearest}.", is_vital=is_vital
        )
