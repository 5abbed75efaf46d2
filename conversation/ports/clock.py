"""The wall clock, injected so that tests need no real waiting."""

from collections.abc import Callable
from datetime import datetime

Now = Callable[[], datetime]
"""The wall clock: an aware datetime in UTC."""
