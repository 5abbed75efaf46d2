"""Reading the settings from the environment and a `.env` file."""

import io
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from dotenv.parser import parse_stream
from pydantic import ValidationError

from config.problems import (
    Problem,
    SettingsError,
    find_misspelt_names,
    find_problems_across,
    word_problem,
)
from config.settings import PROVIDER_SETTING, Settings, our_name

_NO_OVERRIDES: Mapping[str, str] = MappingProxyType({})


def load_settings(
    environ: Mapping[str, str], env_file: Path | None, overrides: Mapping[str, str] = _NO_OVERRIDES
) -> Settings:
    """Read the settings: `overrides` win over `environ`, and that over `env_file`.

    Blanks around a value do not count, and an empty value counts as unset; an empty override
    unsets what the others say. A file that does not exist counts as empty. Names that are neither
    ours nor nearly so are ignored.

    Raises:
        SettingsError: something is wrong; it names all problems, in the order found.
    """
    in_file, problems = _read_file(env_file) if env_file else ({}, [])
    problems += find_misspelt_names(in_file, in_file=True)
    problems += find_misspelt_names({**environ, **overrides}, in_file=False)
    texts = _gather(in_file, environ)
    for name, text in overrides.items():
        texts.pop(our_name(name) or name, None)
        texts |= _gather({name: text})
    settings, wrong = _validate(texts)
    problems += wrong
    if settings is None or problems:
        raise SettingsError(tuple(problems))
    return settings


def _read_file(path: Path) -> tuple[dict[str, str], list[Problem]]:
    """Return what the file says, word by word: `${NAME}` in a key or header stays as it is."""
    try:
        content = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}, []
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        return {}, [Problem(str(path), f"cannot be read: {reason}", "Mend or remove the file")]
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for line in parse_stream(io.StringIO(content)):
        if line.error:
            wrong = f"line {line.original.line} cannot be understood"
            problems.append(Problem(str(path), wrong, "Write NAME=value, or # before a remark"))
        elif line.key is not None:
            texts[line.key] = line.value or ""
    return texts, problems


def _gather(*sources: Mapping[str, str]) -> dict[str, str]:
    """Return our settings that are not empty; later sources win."""
    return {
        ours: text.strip()
        for source in sources
        for name, text in source.items()
        if (ours := our_name(name)) and text.strip()
    }


def _validate(texts: Mapping[str, str]) -> tuple[Settings | None, list[Problem]]:
    """Return the settings, if they can be made, and all that is wrong with the values."""
    values: dict[str, object] = {}
    providers: dict[str, dict[str, str]] = {}
    for name, text in texts.items():
        if match := PROVIDER_SETTING.fullmatch(name):
            providers.setdefault(match[1].lower(), {})[match[2].lower()] = text
        else:
            values[name.lower()] = text
    problems = {problem.name: problem for problem in find_problems_across(texts, providers)}
    try:
        return Settings.model_validate({**values, "providers": providers}), [*problems.values()]
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
    for details in found:
        if details["type"] != "default_factory_not_called":  # only says that others are wrong
            problem = word_problem(details, texts)
            problems.setdefault(problem.name, problem)  # one a setting: two bad headers are one
    return None, [*problems.values()]
