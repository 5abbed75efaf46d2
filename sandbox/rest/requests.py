"""What the sandbox notes of each REST request, for tests and for the page."""

import fnmatch
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class RecordedRequest:
    """A request and what became of it.

    Attributes:
        time_s: When it came, on the world's clock.
        method: Such as `POST`.
        path: Without the `/api/v10` in front.
        template: The route that answered, empty where there is none.
        status: What was answered; null while it is not, and where the connection was reset.
        body: The JSON that came.
        headers: The request's headers, the token left out.
        answer: The JSON that was answered.
        answered_s: When it was answered, on the world's clock.
    """

    time_s: float
    method: str
    path: str
    template: str = ""
    status: int | None = None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    answer: Any = None
    answered_s: float | None = None

    def is_to(self, method: str, pattern: str) -> bool:
        """Whether it has this method and a path that fits a shell pattern or equals a template."""
        is_path = self.template == pattern or fnmatch.fnmatchcase(self.path, pattern)
        return method in ("*", self.method) and is_path
