"""The rules of the house that no tool of others checks."""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.house import House, Measured, Module

_ROOT = Path(__file__).parent.parent
_MOST_COLLABORATORS = 7
_MANY_COLLABORATORS = {
    # A record of what happened in an interaction, whose `until` makes it look like a worker.
    "sandbox.people.interactions.InteractionRecord",
}
_MOST_FLOORS_OF_COGS = 6
_EMPTY = frozenset({"{}", "[]", "set()", "dict()", "list()", "deque()"})


@pytest.fixture(scope="module")
def house() -> House:
    """Return the house as it stands."""
    return House(_ROOT)


def test_no_modules_import_each_other_in_a_circle(house: House) -> None:
    """Whatever a module imports can be understood without it."""
    assert house.circles() == []


def test_cogs_are_faces(house: House) -> None:
    """A module of `cogs/` knows discord.py, or is what such a module there uses and nobody else.

    `startup`, which makes everything, may make that as well.
    """
    no_faces = {
        module.name
        for module in house.inside("cogs")
        if not module.knows_discord and not _is_of_a_face(house, module)
    }
    assert no_faces == set()


def _is_of_a_face(house: House, module: Module) -> bool:
    importers = house.importers(module.name)
    is_kept_inside = all(it.partition(".")[0] in {"cogs", "startup"} for it in importers)
    is_used_by_a_face = any(
        it.startswith("cogs.") and house.modules[it].knows_discord for it in importers
    )
    return is_kept_inside and is_used_by_a_face


def test_cogs_lie_in_few_floors(house: House) -> None:
    """The longest chain of imports inside `cogs/` is short: faces stand on work, not on faces."""
    floors = house.floors("cogs")
    assert len(floors) <= _MOST_FLOORS_OF_COGS, " > ".join(floors)


def test_packages_hold_nothing_of_their_own() -> None:
    """Every `__init__.py` is empty: importing a module runs that module only."""
    packages = [
        path for path in _ROOT.glob("[!.]*/**/__init__.py") if path.read_text(encoding="utf-8")
    ]
    assert packages == []


def test_no_constructor_takes_a_bag(house: House) -> None:
    """Nothing is made with more than seven collaborators, but for what is named above."""
    many = {it.name for it in house.constructors() if it.size > _MOST_COLLABORATORS}
    assert many - _MANY_COLLABORATORS == set()


def test_modules_keep_no_state(house: House) -> None:
    """On the level of a module stand constants, loggers and types, and nothing that fills up."""
    state = [
        f"{module.name}.{name}"
        for module in house.modules.values()
        if not module.name.startswith("storage.migrations.")  # whose names are Alembic's
        for name in _state_of(module.tree)
    ]
    assert state == []


def _state_of(tree: ast.Module) -> Iterator[str]:
    """Find what is bound under no constant's or type's name, is born empty, or is rebound."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            is_born_empty = node.value is not None and ast.unparse(node.value) in _EMPTY
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in _names_in(targets):
                if is_born_empty or not (name == "log" or name.lstrip("_")[:1].isupper()):
                    yield name
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield from node.names


def _names_in(targets: Sequence[ast.expr]) -> list[str]:
    return [
        node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)
    ]


def _house_of(tmp_path: Path, **modules: str) -> House:
    """Build a house of the folder `cogs` and these modules in it."""
    (tmp_path / "cogs").mkdir()
    (tmp_path / "cogs" / "__init__.py").touch()
    (tmp_path / "bot.py").touch()
    for name, text in modules.items():
        (tmp_path / "cogs" / f"{name}.py").write_text(text)
    return House(tmp_path)


def test_a_circle_is_found(tmp_path: Path) -> None:
    """Two modules that import each other are a circle, also where one does so in a function."""
    house = _house_of(
        tmp_path,
        a="from cogs import b",
        b="def late() -> None:\n    import cogs.a",
        c="from cogs.a import anything",
    )
    assert house.circles() == [["cogs.a", "cogs.b"]]


def test_floors_are_the_longest_chain(tmp_path: Path) -> None:
    """Of several ways down the longest counts; what is imported for types only is none."""
    types_only = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import cogs.a\n"
    house = _house_of(
        tmp_path, a="import cogs.b\nimport cogs.c", b="from cogs.c import x", c=types_only
    )
    assert house.floors("cogs") == ["cogs.a", "cogs.b", "cogs.c"]


def test_collaborators_are_what_does_something(tmp_path: Path) -> None:
    """Numbers, texts and lists of them are none; a dataclass that works has its fields."""
    house = _house_of(
        tmp_path,
        a=(
            "class A:\n    def __init__(self, store: Store, limit_s: float, *, now: Now): ...\n"
            "@dataclass\nclass B:\n    store: Store\n    name: str\n    async def work(self): ...\n"
            "@dataclass\nclass C:\n    store: Store\n"
        ),
    )
    assert house.constructors() == [
        Measured("cogs.a.A", 2),
        Measured("cogs.a.B", 1),
        Measured("cogs.a.C", 0),
    ]


def test_a_loop_that_pauses_after_an_error_is_found(tmp_path: Path) -> None:
    """What tries again after a pause is a retry loop; what leaves at an error is none."""
    house = _house_of(
        tmp_path,
        a=(
            "async def again():\n    while True:\n        try:\n            await work()\n"
            "        except OSError:\n            log.info('again')\n        await sleep(1)\n"
            "async def once():\n    while True:\n        try:\n            await work()\n"
            "        except OSError:\n            return\n        await sleep(1)\n"
        ),
    )
    assert house.retry_loops() == ["cogs.a:2"]
