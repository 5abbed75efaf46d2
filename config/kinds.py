"""The kinds of values that settings hold: what each accepts, from the text people write.

A kind's description completes the sentence "this is not …", its first example is what a person is
shown. A check's own message names what is wrong and never repeats a text that may hold a secret.
"""

import ipaddress
import json
import re
from typing import Annotated, Literal, cast, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, SecretStr
from pydantic.fields import FieldInfo

_WEB_SCHEMES = frozenset({"http", "https"})
_PROXY_SCHEMES = frozenset({"http", "https", "socks4", "socks5", "socks5h"})
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2: token
_SHOWN_CHARS = 32  # a longer text may be a token that was put under the wrong name


def description_of(field: FieldInfo) -> FieldInfo:
    """Return what describes a setting's kind, also where it may be unset (`Kind | None`)."""
    if field.description is not None:
        return field
    for option in get_args(field.annotation):
        for note in getattr(option, "__metadata__", ()):
            if isinstance(note, FieldInfo):
                return note
    return field


def shown(text: str) -> str:
    """Return how a problem names a value that is no secret: quoted where it is short."""
    return repr(text) if len(text) <= _SHOWN_CHARS else "the value"


def _host_and_port(text: str, schemes: frozenset[str]) -> tuple[str, int | None] | None:
    """Return where an address leads, or None: the library's own errors would repeat parts of it."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in schemes or not parts.hostname or port == 0 or re.search(r"\s", text):
        return None
    return parts.hostname, port


def _address(text: str) -> str:
    if _host_and_port(text, _WEB_SCHEMES) is None:
        raise ValueError("this is not an http:// or https:// address")
    if re.search(r"[@?#]", text):
        raise ValueError("the address holds more than scheme, host, port and path")
    return text.rstrip("/")


def _discord_address(text: str) -> str:
    address = _address(text)
    place = _host_and_port(address, frozenset({"http"}))
    if place is not None and not _is_loopback(place[0]):
        raise ValueError("plain http would send the token unencrypted to another machine")
    return address


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _proxy(secret: SecretStr) -> SecretStr:
    place = _host_and_port(secret.get_secret_value(), _PROXY_SCHEMES)
    if place is None or place[1] is None:
        raise ValueError("this is not the address of a proxy with its scheme, host and port")
    return secret


def _unbroken(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not text.isascii() or not text.isprintable() or re.search(r"[\s\"']", text):
        raise ValueError("it holds a blank, a quotation mark or another sign that no key has")
    return secret


def _items(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(item.strip() for item in value.split(",") if item.strip())


def _snowflakes(value: object) -> object:
    items = _items(value)
    if not isinstance(items, tuple):
        return value
    for item in cast("tuple[str, ...]", items):
        if not re.fullmatch(r"[0-9]{1,20}", item) or not 0 < int(item) < 2**64:
            raise ValueError(f"{shown(item)} is not a Discord id")
    return frozenset(map(int, cast("tuple[str, ...]", items)))


def _object(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        found: object = json.loads(value)
    except json.JSONDecodeError as error:
        raise ValueError(f"this is not JSON (see character {error.pos + 1})") from None
    if not isinstance(found, dict):
        raise ValueError("this is JSON, but not an object in braces")  # noqa: TRY004 - for pydantic
    return cast("dict[str, object]", found)


def _headers(headers: dict[str, SecretStr]) -> dict[str, SecretStr]:
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name):
            raise ValueError("the name of a header holds a sign that HTTP does not allow there")
        if not value.get_secret_value().isprintable():
            raise ValueError("the value of a header holds a line's end or another control sign")
    return headers


def _whole_number(value: object) -> object:
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _model_name(value: object) -> object:
    if not isinstance(value, str):
        return value
    provider, slash, model = value.partition("/")
    return provider.lower() + slash + model


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


Switch = Annotated[bool, Field(description="true or false", examples=["true"])]
Count = Annotated[int, Field(ge=1, description="a whole number of 1 or more", examples=["10"])]
CountOrNone = Annotated[
    int, Field(ge=0, description="a whole number of 0 or more", examples=["30"])
]
Attempts = Annotated[
    int, Field(ge=1, le=10, description="a whole number from 1 to 10", examples=["3"])
]
Port = Annotated[
    int, Field(ge=0, le=65_535, description="a port from 0 to 65535", examples=["8737"])
]
Limit = Annotated[
    float,
    Field(gt=0, le=3_600, description="a number of seconds above 0, up to 3600", examples=["30"]),
]
Patience = Annotated[
    float,
    Field(ge=0, le=3_600, description="a number of seconds from 0 to 3600", examples=["5"]),
]
Minutes = Annotated[
    float,
    Field(ge=0, le=1_440, description="a number of minutes from 0 to 1440", examples=["15"]),
]
ArchiveMinutes = Annotated[
    Literal[60, 1440, 4320, 10080],
    BeforeValidator(_whole_number),
    Field(description="one of the spans Discord has: 60, 1440, 4320, 10080", examples=["1440"]),
]
Dialect = Annotated[
    Literal["m25", "t26"],
    BeforeValidator(_lower),
    Field(description="m25 or t26", examples=["m25"]),
]
LogLevel = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
    BeforeValidator(_upper),
    Field(description="one of DEBUG, INFO, WARNING, ERROR, CRITICAL", examples=["INFO"]),
]
LogFormat = Annotated[
    Literal["text", "json"],
    BeforeValidator(_lower),
    Field(description="text or json", examples=["text"]),
]
ModelName = Annotated[
    str,
    BeforeValidator(_model_name),
    Field(
        pattern=r"^[^/\s]+/\S+$",
        description="a model written as provider/model",
        examples=["allenai/tulu3-405b"],
    ),
]
Address = Annotated[
    str,
    AfterValidator(_address),
    Field(description="an http or https address", examples=["http://127.0.0.1:11434/v1"]),
]
DiscordAddress = Annotated[
    str,
    AfterValidator(_discord_address),
    Field(
        description="an https address, or http to this machine",
        examples=["http://127.0.0.1:8737/api/v10"],
    ),
]
ProxyAddress = Annotated[
    SecretStr,
    AfterValidator(_proxy),
    Field(description="the address of a proxy", examples=["socks5://127.0.0.1:1080"]),
]
Key = Annotated[
    SecretStr,
    AfterValidator(_unbroken),
    Field(description="a key", examples=["the key alone, as it was given to you"]),
]
Names = Annotated[
    tuple[str, ...],
    BeforeValidator(_items),
    Field(description="names separated by commas", examples=["llama3.2,qwen3"]),
]
Snowflakes = Annotated[
    frozenset[int],
    BeforeValidator(_snowflakes),
    Field(
        description="Discord ids separated by commas",
        examples=["197038439483310086,41771983423143937"],
    ),
]
Headers = Annotated[
    dict[str, SecretStr],
    BeforeValidator(_object),
    AfterValidator(_headers),
    Field(description="a JSON object of texts", examples=['{"X-Title": "Bobbin"}']),
]
Parameters = Annotated[
    dict[str, JsonValue],
    BeforeValidator(_object),
    Field(description="a JSON object", examples=['{"top_k": 40}']),
]
