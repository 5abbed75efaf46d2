"""What ended the bot, as a sentence for the operator and an exit code."""

import asyncio
import sys
from collections.abc import Callable, Coroutine

import aiohttp
import discord

from config.problems import SettingsError
from conversation.errors import StoreError
from monitoring.health import HealthPortError, UnwellError
from startup.backups import KeepingError
from startup.discord_address import DiscordAddressError
from startup.gateway_closings import DISALLOWED_INTENTS, sentence_of
from startup.sandbox_process import SandboxError
from startup.wiring import DatabaseAddressError

PASSING = 1
"""It may soon be over: a supervisor may start again. Docker takes no other code for unwell, and
Python none for what was not foreseen."""

TO_MEND = 2
"""The settings or the command line are to be mended first: starting again ends in the same way."""

REFUSED = 3
"""Discord ends the connection until somebody acts: its token is revoked, its intents, so many
servers."""

DATABASE = 4
"""The database cannot be used: damaged, locked, full, or another Bobbin runs on it."""


_FROM_DISCORD = (
    discord.LoginFailure,
    discord.HTTPException,
    discord.ConnectionClosed,
    discord.PrivilegedIntentsRequired,
)


def refuse(words: str, exit_code: int = TO_MEND) -> int:
    """Print why it ends to stderr, and return the exit code."""
    print(words, file=sys.stderr)  # noqa: T201 - the log may not be set up
    return exit_code


def run_to_exit_code(
    work: Coroutine[None, None, None],
    make_loop: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> int:
    """Run the bot to its end, and return 0, or print what ended it and return its exit code."""
    try:
        with asyncio.Runner(loop_factory=make_loop) as runner:
            runner.run(work)
    except DatabaseAddressError as error:
        return refuse(f"DATABASE_URL: {error}.")
    except StoreError as error:
        return refuse(f"DATABASE_URL: {error}.", DATABASE)
    except DiscordAddressError as error:
        return refuse(
            f"DISCORD_API_URL: {error}. Leave it unset for Discord itself; else it is the full "
            "base of the interface, for example http://127.0.0.1:8737/api/v10"
        )
    except HealthPortError as error:
        return refuse(f"HEALTH_PORT: {error}. Choose another.")
    except (SettingsError, SandboxError) as error:
        return refuse(str(error))
    except _FROM_DISCORD as error:
        return _refused_by(error)
    except (aiohttp.ClientError, ConnectionError, TimeoutError) as error:
        why = type(error).__name__
        return refuse(f"Discord cannot be reached ({why}). Is there a network?", PASSING)
    return 0


def _refused_by(error: Exception) -> int:
    """Print what Discord says, and return whether that may pass."""
    match error:
        case discord.HTTPException():
            words = f"Discord answers {error.status} at the moment. Try again later."
            return refuse(words, PASSING)
        case discord.ConnectionClosed():
            words = sentence_of(error.code)
        case discord.PrivilegedIntentsRequired():
            words = sentence_of(DISALLOWED_INTENTS)
        case _:
            words = (
                "DISCORD_TOKEN: Discord does not accept this token. Copy it anew from "
                "https://discord.com/developers/applications, page Bot."
            )
            return refuse(words)
    return refuse(words, REFUSED)


def print_to_exit_code(work: Coroutine[None, None, str]) -> int:
    """Print what comes of a question or an order, and return 0, or why nothing came of it."""
    try:
        print(asyncio.run(work))  # noqa: T201 - what was asked for
    except DatabaseAddressError as error:
        return refuse(f"DATABASE_URL: {error}.")
    except KeepingError as error:
        return refuse(str(error))
    except UnwellError as error:
        return refuse(str(error), PASSING)
    return 0
