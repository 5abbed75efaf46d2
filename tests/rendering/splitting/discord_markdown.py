"""A small reader of Discord's code rules, written apart from the splitter that it judges.

Code is three backticks, perhaps a language and a line's end, and everything up to the next three
backticks. Without these, Discord shows the first three as they are and no code.
"""

import re
from dataclasses import dataclass

_CODE = re.compile(r"```(?:(?P<language>[a-z0-9_+\-.#]+)\n)?(?P<code>.*?)```", re.I | re.S)


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """One block as Discord shows it; ``start`` and ``end`` include its backticks."""

    start: int
    end: int
    language: str
    code: str


def read_code_blocks(content: str) -> list[CodeBlock]:
    """Return the code blocks that Discord shows for ``content``."""
    return [
        CodeBlock(found.start(), found.end(), found["language"] or "", found["code"])
        for found in _CODE.finditer(content)
    ]


def has_stray_fence(content: str) -> bool:
    """Whether three backticks are left that neither open nor close code."""
    return "```" in _CODE.split(content)[-1]


def mark_code(content: str) -> list[bool]:
    """Return for each character whether it is in a code block, backticks and language included."""
    marks = [False] * len(content)
    for block in read_code_blocks(content):
        for position in range(block.start, block.end):
            marks[position] = True
    return marks
