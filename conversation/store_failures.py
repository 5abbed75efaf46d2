"""What is said in the log of a store that did not do something."""

import logging

from conversation.errors import StoreError, StoreUnavailableError


def report(log: logging.Logger, error: StoreError, words: str, *arguments: object) -> None:
    """Log what was not done.

    A store that cannot be used now says so itself, once, however many ask for something; then this
    is a line of DEBUG. Any other failure comes with its trace.

    Args:
        log: Of the module that asked.
        error: What the store raised; it is being handled.
        words: What was not done, with %-style places.
        arguments: What goes into them.
    """
    if isinstance(error, StoreUnavailableError):
        log.debug(f"{words}: %s", *arguments, error)  # noqa: G004 - `words` is a format
    else:
        log.error(words, *arguments, exc_info=error)
