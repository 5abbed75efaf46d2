"""What the page is told of a world: as little as it shows.

Every view is an object of JSON values; keys without a value are left out. A message's view is the
same for everybody who sees it.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from sandbox.page.files import Files
from sandbox.page.markdown.nodes import Block, plain_text
from sandbox.page.markdown.parser import Markdown
from sandbox.page.markdown.rules import web_address
from sandbox.page.security import is_plain_image
from sandbox.payloads.json_values import list_or_empty, object_or_none
from sandbox.payloads.messages import referenced_message
from sandbox.world.entities import (
    Attachment,
    Channel,
    ChannelKind,
    Message,
    MessageFlag,
    MessageKind,
    Payload,
    Person,
)
from sandbox.world.snowflakes import time_of
from sandbox.world.world import World

_REMEMBERED_TEXTS = 500
_PREVIEW_CHARS = 120
_KINDS = {
    ChannelKind.TEXT: "text",
    ChannelKind.VOICE: "text",
    ChannelKind.STAGE: "text",
    ChannelKind.ANNOUNCEMENT: "text",
    ChannelKind.ANNOUNCEMENT_THREAD: "thread",
    ChannelKind.DIRECT_MESSAGE: "direct",
    ChannelKind.PUBLIC_THREAD: "thread",
    ChannelKind.PRIVATE_THREAD: "thread",
    ChannelKind.FORUM: "forum",
    ChannelKind.MEDIA: "forum",
}


class Views:
    """Writes views; texts that were read lately are not read again.

    Args:
        world: What is shown.
        files: Where attachments are served.
    """

    def __init__(self, world: World, files: Files) -> None:
        self._world = world
        self._files = files
        self._markdown = Markdown()
        self._texts: OrderedDict[str, list[Block]] = OrderedDict()
        self._commands: dict[str, str] = {}

    def note_command(self, interaction: Payload) -> None:
        """Remember what a command is called, for the messages that answer it."""
        name = (object_or_none(interaction.get("data")) or {}).get("name")
        if name:
            self._commands[str(interaction["id"])] = str(name)

    def person(self, person: Person) -> Payload:
        """Write somebody."""
        return _filled({"id": str(person.id), "name": person.name, "bot": person.is_bot})

    def channel(self, channel: Channel) -> Payload:
        """Write a channel, thread or direct message."""
        thread = channel.thread
        return _filled(
            {
                "id": str(channel.id),
                "kind": _KINDS[channel.kind],
                "name": channel.name,
                "topic": channel.topic,
                "parent": str(channel.parent_id) if channel.parent_id else None,
                "owner": str(thread.owner_id) if thread else None,
                "archived": thread is not None and thread.is_archived,
                "locked": thread is not None and thread.is_locked,
                "private": channel.kind is ChannelKind.PRIVATE_THREAD,
                "last": str(channel.last_message_id) if channel.last_message_id else None,
            }
        )

    def message(self, message: Message) -> Payload:
        """Write a message, ephemeral or not."""
        view: Payload = {
            "id": str(message.id),
            "by": str(message.author_id),
            "at": int(time_of(message.id) * 1000),
            "kind": int(message.kind),
            "body": self.text(message.content),
            "edits": len(message.edits),
            "edited": message.edited_at is not None,
            "reply": self._reply(message),
            "files": [self._file(each) for each in message.attachments],
            "embeds": [self._embed(each, message) for each in message.embeds],
            "rows": self._components(message.components),
            "reactions": [[emoji, [*map(str, ids)]] for emoji, ids in message.reactions.items()],
            "mentions": [str(each) for each in message.mention_ids],
            "everyone": message.mentions_everyone,
            "ephemeral": message.is_ephemeral,
            "thinking": bool(message.flags & MessageFlag.LOADING),
            "forward": self._forward(message),
            "thread": str(message.id) if message.flags & MessageFlag.HAS_THREAD else None,
        }
        if message.kind is MessageKind.THREAD_CREATED and message.reference is not None:
            view["thread"] = str(message.reference.channel_id)
        if message.interaction is not None:
            view["command"] = self._commanded(message.interaction)
        return _filled(view)

    def text(self, content: str) -> list[Block]:
        """Read a text."""
        if content in self._texts:
            self._texts.move_to_end(content)
            return self._texts[content]
        blocks = self._texts[content] = self._markdown.blocks(content)
        while len(self._texts) > _REMEMBERED_TEXTS:
            self._texts.popitem(last=False)
        return blocks

    def _commanded(self, interaction: Payload) -> Payload | None:
        """Write who used which command, for the answer to a command alone."""
        if interaction["type"] != 2:
            return None
        name = self._commands.get(str(interaction["id"]))
        return _filled({"by": interaction["user"]["id"], "name": name})

    def _reply(self, message: Message) -> Payload | None:
        """Write what a message answers, or what a thread began with; `gone` where it is deleted."""
        kinds = (MessageKind.REPLY, MessageKind.THREAD_STARTER_MESSAGE)
        if message.reference is None or message.kind not in kinds:
            return None
        found = referenced_message(self._world.directory, message.reference)
        if found is None:
            return {"gone": True}
        if message.kind is MessageKind.THREAD_STARTER_MESSAGE:
            return {
                "id": str(found.id),
                "by": str(found.author_id),
                "body": self.text(found.content),
            }
        preview = plain_text(self.text(found.content))[:_PREVIEW_CHARS]
        return {"id": str(found.id), "by": str(found.author_id), "text": preview}

    def _forward(self, message: Message) -> list[Block] | None:
        """Read what a message forwards."""
        if message.snapshot is None:
            return None
        return self.text(str(message.snapshot["message"]["content"]))

    def _file(self, attachment: Attachment) -> Payload:
        return _filled(
            {
                "name": attachment.filename,
                "bytes": attachment.size_bytes,
                "path": self._files.path(attachment),
                "image": is_plain_image(attachment.content_type),
                "alt": attachment.description,
            }
        )

    def _embed(self, embed: Payload, message: Message) -> Payload:
        """Write an embed; its images are shown where they are the message's own files."""
        author, footer = (object_or_none(embed.get(key)) or {} for key in ("author", "footer"))
        return _filled(
            {
                "title": self.text(str(embed.get("title") or "")),
                "href": web_address(str(embed.get("url") or "")),
                "color": embed.get("color"),
                "text": self.text(str(embed.get("description") or "")),
                "author": author.get("name"),
                "footer": footer.get("text"),
                "image": self._embedded_image(embed, message),
                "fields": [
                    _filled(
                        {
                            "name": self.text(str(each.get("name") or "")),
                            "text": self.text(str(each.get("value") or "")),
                            "inline": bool(each.get("inline")),
                        }
                    )
                    for each in list_or_empty(embed.get("fields"))
                ],
            }
        )

    def _embedded_image(self, embed: Payload, message: Message) -> str | None:
        image = object_or_none(embed.get("image")) or object_or_none(embed.get("thumbnail")) or {}
        name = str(image.get("url") or "").removeprefix("attachment://")
        return next(
            (self._files.path(each) for each in message.attachments if each.filename == name), None
        )

    def _components(self, components: Sequence[Any]) -> list[Payload]:
        """Write buttons, menus and texts as they were sent, without what is not shown."""
        return [self._component(each) for each in components]

    def _component(self, component: Payload) -> Payload:
        view: Payload = {key: component[key] for key in _SHOWN if component.get(key) is not None}
        view["href"] = web_address(str(component.get("url") or ""))
        emoji = object_or_none(component.get("emoji")) or {}
        view["emoji"] = emoji.get("name")
        view["options"] = [
            _filled({key: each.get(key) for key in ("label", "value", "description", "default")})
            for each in list_or_empty(component.get("options"))
        ]
        view["inside"] = self._components(list_or_empty(component.get("components")))
        if isinstance(component.get("content"), str):
            view["text"] = self.text(component["content"])
        if (accessory := object_or_none(component.get("accessory"))) is not None:
            view["accessory"] = self._component(accessory)
        return _filled(view)


_SHOWN = (
    "type",
    "custom_id",
    "style",
    "label",
    "disabled",
    "placeholder",
    "min_values",
    "max_values",
    "channel_types",
)


def changes(before: Payload, after: Payload) -> Payload:
    """Return what turns one view of a message into the next.

    Keys that went are null. Of the body only the blocks from the first changed one on are given;
    `from` says which that is.
    """
    changed: Payload = {
        key: after.get(key)
        for key in before | after
        if key != "body" and before.get(key) != after.get(key)
    }
    old, new = before.get("body", []), after.get("body", [])
    if old != new:
        same = next(
            (i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b),
            min(len(old), len(new)),
        )
        changed |= {"from": same, "body": new[same:]}
    return changed


def _filled(view: Payload) -> Payload:
    """Leave out what is null, false or empty."""
    return {
        key: value
        for key, value in view.items()
        if value or (isinstance(value, int) and not isinstance(value, bool))
    }
