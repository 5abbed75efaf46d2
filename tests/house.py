"""Facts about the house, measured from the code itself: `make house` prints them.

    python -m tests.house [FOLDER OF ANOTHER CLONE]

Nothing is imported: everything is read from the syntax trees. The tests and the benchmarks are no
part of the house.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_ROOT = Path(__file__).parent.parent
_OUTSIDE = frozenset({"tests", "benchmarks"})
_VALUES = frozenset(
    {
        *("bool", "bytes", "float", "int", "str", "None", "object", "Path", "SecretStr", "Literal"),
        *("Mapping", "Sequence", "Set", "Collection", "Iterable"),
        *("dict", "list", "set", "frozenset", "tuple", "datetime", "timedelta"),
    }
)
"""Types of parameters that are no collaborators: they do nothing for the class."""

_PAUSES = frozenset({"sleep", "pause", "delay"})

Graph = Mapping[str, frozenset[str]]
"""For each module the modules that it imports."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Something with its size: a class by its collaborators, a function by its lines."""

    name: str
    size: int


@dataclass(frozen=True)
class Module:
    """A module of the house, by its dotted name."""

    name: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """What it is made of."""
        return ast.parse(self.text)

    @cached_property
    def size_lines(self) -> int:
        """How long it is, remarks and blank lines included."""
        return len(self.text.splitlines())

    @cached_property
    def imported_names(self) -> frozenset[str]:
        """What it imports when it runs; `from a import b` counts as `a` and as `a.b`."""
        return frozenset(_imported_names(self.tree))

    @property
    def knows_discord(self) -> bool:
        """Whether it imports discord.py."""
        return any(name.partition(".")[0] == "discord" for name in self.imported_names)


class House:
    """The modules of one clone.

    Args:
        root: The clone's folder.
    """

    def __init__(self, root: Path) -> None:
        folders = sorted(path.parent for path in root.glob("*/__init__.py"))
        self.modules: dict[str, Module] = {}
        for folder in folders:
            if folder.name not in _OUTSIDE:
                for path in sorted(folder.rglob("*.py")):
                    if path.name != "__init__.py":
                        name = ".".join(path.relative_to(root).with_suffix("").parts)
                        self.modules[name] = Module(name, path.read_text(encoding="utf-8"))
        front_door = root / "bot.py"
        self.modules["bot"] = Module("bot", front_door.read_text(encoding="utf-8"))

    @cached_property
    def imports(self) -> Graph:
        """Who imports whom inside the house."""
        return {
            name: frozenset(module.imported_names & self.modules.keys()) - {name}
            for name, module in self.modules.items()
        }

    @property
    def folders(self) -> list[str]:
        """Every folder and every room in it, by its dotted name."""
        found: set[str] = set()
        for name in self.modules:
            parts = name.split(".")[:-1]
            found |= {".".join(parts[: depth + 1]) for depth in range(len(parts))}
        return sorted(found)

    def importers(self, name: str) -> set[str]:
        """Return the modules that import a module."""
        return {other for other, imported in self.imports.items() if name in imported}

    def inside(self, folder: str) -> list[Module]:
        """Return the modules of a folder, rooms included."""
        return [it for name, it in self.modules.items() if name.startswith(f"{folder}.")]

    def circles(self) -> list[list[str]]:
        """Return the modules that import each other in a circle, each circle once."""
        reached = {name: _reached(name, self.imports) for name in self.modules}
        circles = {
            tuple(sorted(other for other in reached[name] if name in reached[other]))
            for name in self.modules
            if name in reached[name]
        }
        return [list(circle) for circle in sorted(circles)]

    def floors(self, folder: str) -> list[str]:
        """Return the longest chain of imports between modules of a folder, from the top."""
        names = {module.name for module in self.inside(folder)}
        chains: dict[str, list[str]] = {}

        def chain_from(name: str) -> list[str]:
            if name not in chains:
                chains[name] = [name]  # what a circle finds that comes back here
                below = [chain_from(it) for it in sorted(self.imports[name] & names)]
                chains[name] += max(below, key=len, default=())
            return chains[name]

        return max(map(chain_from, sorted(names)), key=len)

    def constructors(self) -> list[Measured]:
        """Return every class with the number of collaborators that it is made with, most first."""
        found = [
            Measured(f"{module.name}.{node.name}", len(_collaborators(node)))
            for module in self.modules.values()
            for node in ast.walk(module.tree)
            if isinstance(node, ast.ClassDef)
        ]
        return sorted(found, key=lambda it: (-it.size, it.name))

    def functions(self) -> list[Measured]:
        """Return every function with its lines, longest first."""
        found = [
            Measured(f"{module.name}.{node.name}", (node.end_lineno or 0) - node.lineno + 1)
            for module in self.modules.values()
            for node in ast.walk(module.tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        return sorted(found, key=lambda it: (-it.size, it.name))

    def retry_loops(self) -> list[str]:
        """Return where a loop goes on after an error with a pause: a guess, to be looked at."""
        return [
            f"{module.name}:{node.lineno}"
            for module in self.modules.values()
            for node in ast.walk(module.tree)
            if isinstance(node, ast.While | ast.For | ast.AsyncFor) and _is_retrying(node)
        ]


def _imported_names(tree: ast.Module) -> Iterator[str]:
    only_for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in only_for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _reached(start: str, graph: Graph) -> set[str]:
    found: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += graph[name]
    return found


def _collaborators(node: ast.ClassDef) -> list[str]:
    """Return the parameters of `__init__` that are no mere values.

    A dataclass counts by its fields if it works, which is to say waits: one that only describes
    something is a value itself.
    """
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
            arguments = statement.args
            given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs][1:]
            return [it.arg for it in given if _does_something(it.annotation)]
    if not any("dataclass" in ast.unparse(it) for it in node.decorator_list):
        return []
    if not any(isinstance(it, ast.AsyncFunctionDef) for it in node.body):
        return []
    return [
        ast.unparse(it.target)
        for it in node.body
        if isinstance(it, ast.AnnAssign)
        and "init=False" not in ast.unparse(it)
        and _does_something(it.annotation)
    ]


def _does_something(annotation: ast.expr | None) -> bool:
    if annotation is None:
        return True
    names = {node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)}
    return bool(names - _VALUES)


def _is_retrying(loop: ast.While | ast.For | ast.AsyncFor) -> bool:
    """Whether a loop holds an `except` that does not leave it, and a pause."""
    inside = [node for statement in loop.body for node in ast.walk(statement)]
    goes_on = any(
        isinstance(node, ast.ExceptHandler)
        and not isinstance(node.body[-1], ast.Raise | ast.Return | ast.Break)
        for node in inside
    )
    pauses = any(
        isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in _PAUSES
        for node in inside
    )
    return goes_on and pauses


def report(house: House) -> Iterator[str]:
    """Return the facts, line by line."""
    yield f"{'folder':32}{'files':>6}{'lines':>7}{'floors':>7}"
    for folder in house.folders:
        inside = house.inside(folder)
        size_lines = sum(module.size_lines for module in inside)
        name = "  " * folder.count(".") + folder.rpartition(".")[2]
        yield f"{name:32}{len(inside):6}{size_lines:7}{len(house.floors(folder)):7}"
    total = sum(module.size_lines for module in house.modules.values())
    yield f"{'all':32}{len(house.modules):6}{total:7}"
    yield ""
    yield f"circles: {len(house.circles())}"
    yield from (f"  {' <-> '.join(circle)}" for circle in house.circles())
    loops = house.retry_loops()
    yield f"retry loops: {len(loops)}"
    yield from (f"  {place}" for place in loops)
    yield "longest constructors:"
    yield from (f"  {it.size:4} {it.name}" for it in house.constructors()[:8])
    yield "largest modules:"
    largest = sorted(house.modules.values(), key=lambda it: -it.size_lines)
    yield from (f"  {it.size_lines:4} {it.name}" for it in largest[:5])
    yield "largest functions:"
    yield from (f"  {it.size:4} {it.name}" for it in house.functions()[:5])
    yield f"top to bottom of cogs: {' > '.join(house.floors('cogs'))}"


if __name__ == "__main__":
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else _ROOT
    print("\n".join(report(House(root))))  # noqa: T201 - what was asked for
