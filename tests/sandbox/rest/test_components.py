"""Components and embeds over REST: what breaks Discord's rules is refused where it does."""

import pytest

from sandbox.world.entities import MessageFlag, Payload
from tests.sandbox.place import Place, code_of


def _row(*buttons: Payload) -> Payload:
    """Make a row of buttons."""
    return {"type": 1, "components": [{"type": 2, "style": 1} | button for button in buttons]}


@pytest.mark.parametrize(
    ("components", "code", "path"),
    [
        ([_row({"label": "a", "custom_id": str(n)}) for n in range(6)], "BASE_TYPE_BAD_LENGTH", ()),
        (
            [_row(*({"label": "a", "custom_id": str(n)} for n in range(6)))],
            "BASE_TYPE_BAD_LENGTH",
            ("0", "components"),
        ),
        (
            [_row({"label": "a", "custom_id": "x" * 101})],
            "BASE_TYPE_BAD_LENGTH",
            ("0", "components", "0", "custom_id"),
        ),
        (
            [_row({"label": "a", "custom_id": "x"}, {"label": "b", "custom_id": "x"})],
            "COMPONENT_CUSTOM_ID_DUPLICATED",
            ("0", "components", "1", "custom_id"),
        ),
        ([{"type": 10, "content": "x"}], "UNION_TYPE_CHOICES", ("0", "type")),
    ],
)
async def test_components_over_the_limits_are_refused(
    place: Place, components: list[Payload], code: str, path: tuple[str, ...]
) -> None:
    """Rows, buttons, custom ids and types that break a rule are refused where they do."""
    status, body = await place.post(content="x", components=components)
    assert (status, body["code"]) == (400, 50035)
    assert code_of(body, "components", *path) == code


async def test_components_v2_excludes_content_and_stays(place: Place) -> None:
    """With the flag for Components V2 there is no content, and an edit cannot bring it."""
    flags = int(MessageFlag.IS_COMPONENTS_V2)
    text = [{"type": 10, "content": "x"}]
    status, body = await place.post(flags=flags, content="x", components=text)
    assert (status, body["code"]) == (400, 50035)
    status, posted = await place.post(flags=flags, components=text)
    assert (status, posted["flags"]) == (200, flags)
    path = f"{place.messages}/{posted['id']}"
    status, _ = await place.ask("PATCH", path, json={"content": "x", "flags": 0})
    assert status == 400


async def test_components_v2_limits_the_text_of_a_whole_message(place: Place) -> None:
    """All text displays together have at most 4,000 characters."""
    flags = int(MessageFlag.IS_COMPONENTS_V2)
    texts = [{"type": 10, "content": "x" * 2001} for _ in range(2)]
    status, body = await place.post(flags=flags, components=texts)
    assert status == 400
    assert code_of(body, "components") == "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED"


async def test_embeds_over_the_limits_are_refused(place: Place) -> None:
    """An embed's title has at most 256 characters."""
    status, body = await place.post(embeds=[{"title": "x" * 257}])
    assert status == 400
    assert code_of(body, "embeds", "0", "title") == "BASE_TYPE_MAX_LENGTH"


async def test_components_without_ids_are_numbered(place: Place) -> None:
    """Discord fills in the ids of components that have none, parents first."""
    button = {"label": "a", "custom_id": "a"}
    _, body = await place.post(content="x", components=[_row(button)])
    (row,) = body["components"]
    assert (row["id"], row["components"][0]["id"]) == (1, 2)


async def test_a_whole_message_of_embeds_is_limited(place: Place) -> None:
    """All embeds together have at most 6,000 characters."""
    status, body = await place.post(embeds=[{"description": "x" * 3001} for _ in range(2)])
    assert status == 400
    assert code_of(body, "embeds") == "MAX_EMBED_SIZE_EXCEEDED"


@pytest.mark.parametrize(
    ("name", "value", "path", "code"),
    [
        ("components", "x", (), "LIST_TYPE_CONVERT"),
        ("components", ["x"], ("0",), "MODEL_TYPE_CONVERT"),
        ("components", [{"type": 1, "components": "x"}], ("0", "components"), "LIST_TYPE_CONVERT"),
        ("embeds", ["x"], ("0",), "MODEL_TYPE_CONVERT"),
        ("embeds", [{"footer": "x"}], ("0", "footer"), "MODEL_TYPE_CONVERT"),
        ("attachments", [7], ("0",), "MODEL_TYPE_CONVERT"),
    ],
)
async def test_a_field_of_the_wrong_shape_is_refused(
    place: Place, name: str, value: object, path: tuple[str, ...], code: str
) -> None:
    """What is no list or no object where there must be one is refused where it stands."""
    status, body = await place.post(**{"content": "x", name: value})
    assert (status, body["code"]) == (400, 50035)
    assert code_of(body, name, *path) == code
