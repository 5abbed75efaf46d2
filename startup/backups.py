"""`python bot.py backup FILE` and `restore FILE`."""

from datetime import UTC, datetime
from pathlib import Path

from config.settings import Settings
from conversation.errors import StoreError
from startup.wiring import database_path
from storage.sqlite.backup import FileExistsAlreadyError, back_up, restore


class KeepingError(Exception):
    """Nothing was copied; the text says why and what to do."""


async def back_up_to(target: Path, settings: Settings, *, is_forced: bool) -> str:
    """Copy the database to a file; the bot may run meanwhile.

    Returns:
        What to tell the operator.

    Raises:
        KeepingError: It was not copied.
    """
    try:
        contents = await back_up(database_path(settings), target, is_forced=is_forced)
    except FileExistsAlreadyError as error:
        raise KeepingError(f"{error}. With --force it is replaced.") from error
    except StoreError as error:
        raise KeepingError(f"No backup was made: {error}.") from error
    return f"The database is copied to {target}, and the copy is whole ({contents})."


async def restore_from(source: Path, settings: Settings, *, is_forced: bool) -> str:
    """Restore the database from a backup, while the bot does not run.

    Returns:
        What to tell the operator.

    Raises:
        KeepingError: Nothing was changed.
    """
    database = database_path(settings)
    try:
        restored = await restore(source, database, datetime.now(UTC), is_forced=is_forced)
    except FileExistsAlreadyError as error:
        mend = "With --force the backup takes its place, and it is kept beside."
        raise KeepingError(f"{error}. {mend}") from error
    except StoreError as error:
        raise KeepingError(f"Nothing was restored: {error}.") from error
    done = f"{source}, which is whole ({restored.contents}), is restored to {database}."
    return done if restored.kept is None else f"{done} What was there is kept as {restored.kept}."
