"""What a person does in their client, with the permissions that they have."""

import mimetypes
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sandbox.payloads.messages import snapshot_payload
from sandbox.people.acting import Acting
from sandbox.people.client_refusal import ClientRefusedError
from sandbox.people.interactions import InteractionRecord
from sandbox.people.modals import Modal
from sandbox.world.entities import (
    AllowedMentions,
    Change,
    Channel,
    ChannelKind,
    Draft,
    Message,
    MessageFlag,
    MessageKind,
    Payload,
    Person,
    Reference,
    Upload,
)
from sandbox.world.permissions import Permission
from sandbox.world.world import World

_MAX_TEXT = 4000
"""What a person with Nitro may post; a bot may post 2,000 characters."""


class PersonActor:
    """One person's hands; every act raises `ClientRefusedError` where they may not do it.

    Args:
        world: Where they act.
        acting: What they do with commands and components.
        person: Who they are.
    """

    def __init__(self, world: World, acting: Acting, person: Person) -> None:
        self.person = person
        self._world = world
        self._acting = acting

    def say(
        self,
        channel: Channel,
        text: str = "",
        *,
        reply_to: Message | None = None,
        ping_reply: bool = True,
        files: Sequence[tuple[str, bytes]] = (),
        forward: Message | None = None,
    ) -> Message:
        """Post a message.

        Args:
            channel: Where; a text channel, a thread, or direct messages.
            text: May mention: `person.mention`, `role.mention`, `@everyone`.
            reply_to: The message that it answers.
            ping_reply: Whether that message's author is mentioned.
            files: Names and bytes of attachments.
            forward: The message that it forwards; then there is no text.
        """
        self._require_sending(channel)
        self._require_speech(text, is_text_needed=not files and forward is None)
        draft = Draft(
            text,
            uploads=tuple(upload(name, content) for name, content in files),
            allowed_mentions=AllowedMentions(replied_user=ping_reply),
        )
        if reply_to is not None:
            reference = Reference(reply_to.channel_id, reply_to.id)
            draft = replace(draft, kind=MessageKind.REPLY, reference=reference)
        if forward is not None:
            draft = replace(
                draft,
                flags=MessageFlag.HAS_SNAPSHOT,
                reference=Reference(forward.channel_id, forward.id, 1),
                snapshot=snapshot_payload(self._world.directory, forward),
            )
        return self._world.post(self.person, channel, draft)

    def edit(self, message: Message, text: str) -> Message:
        """Change the text of an own message."""
        self._require_own(message)
        self._require_speech(text, is_text_needed=not message.attachments)
        return self._world.edit(message, Change(content=text))

    def delete(self, message: Message) -> None:
        """Delete an own message, or with the permission somebody else's."""
        if message.author_id != self.person.id:
            self._require(self._world.channels[message.channel_id], Permission.MANAGE_MESSAGES)
        self._world.delete(message)

    def react(self, message: Message, emoji: str) -> None:
        """React to a message."""
        self._require(self._world.channels[message.channel_id], Permission.ADD_REACTIONS)
        self._world.react(self.person, message, emoji)

    def unreact(self, message: Message, emoji: str) -> None:
        """Take an own reaction back."""
        self._world.unreact(self.person, message, emoji)

    def start_typing(self, channel: Channel) -> None:
        """Show that they type."""
        self._require_sending(channel)
        self._world.type_in(self.person, channel)

    def open_direct_message(self) -> Channel:
        """Return their direct messages with the bot."""
        return self._world.direct_message_channel(self.person)

    def start_thread(
        self,
        channel: Channel,
        name: str,
        message: Message | None = None,
        *,
        is_private: bool = False,
    ) -> Channel:
        """Start a thread, on a message where one is given."""
        needed = (
            Permission.CREATE_PRIVATE_THREADS if is_private else Permission.CREATE_PUBLIC_THREADS
        )
        self._require(channel, needed)
        if channel.thread_kind is None or (is_private and channel.kind is not ChannelKind.TEXT):
            raise ClientRefusedError(f"{channel.name} has no such threads")
        return self._world.start_thread(
            self.person, channel, name, message=message, is_private=is_private
        )

    def create_post(self, forum: Channel, title: str, text: str) -> tuple[Channel, Message]:
        """Make a forum's post; gives the thread and its first message."""
        self._require(forum, Permission.SEND_MESSAGES)
        return self._world.create_post(self.person, forum, title, Draft(text))

    def add_to_thread(self, thread: Channel, person: Person) -> None:
        """Bring somebody into a thread."""
        self._require(thread, Permission.VIEW_CHANNEL)
        self._world.join_thread(person, thread)

    async def slash(self, channel: Channel, name: str, /, **options: Any) -> InteractionRecord:
        """Send a slash command; see `Acting.slash`."""
        return await self._acting.slash(self.person, channel, name, **options)

    async def autocomplete(
        self, channel: Channel, name: str, option: str, typed: str, /, **other: Any
    ) -> list[Payload]:
        """Type into an option and see what is offered; see `Acting.autocomplete`."""
        return await self._acting.autocomplete(self.person, channel, name, option, typed, **other)

    async def context_menu(
        self, name: str, target: Message | Person, channel: Channel | None = None
    ) -> InteractionRecord:
        """Choose from the menu of a message or person; see `Acting.context_menu`."""
        return await self._acting.context_menu(self.person, name, target, channel)

    async def click(
        self, message: Message, *, label: str | None = None, custom_id: str | None = None
    ) -> InteractionRecord:
        """Click a button; see `Acting.click`."""
        return await self._acting.click(self.person, message, label=label, custom_id=custom_id)

    async def select(
        self, message: Message, custom_id: str, values: Sequence[Any]
    ) -> InteractionRecord:
        """Choose in a select menu; see `Acting.select`."""
        return await self._acting.select(self.person, message, custom_id, values)

    async def submit(self, modal: Modal, /, **values: str | list[str]) -> InteractionRecord:
        """Send a modal; see `Acting.submit`."""
        return await self._acting.submit(self.person, modal, **values)

    def _require(self, channel: Channel, permission: Permission) -> None:
        """Go on only with a permission."""
        if not self._world.permissions_in(self.person.id, channel) & permission:
            raise ClientRefusedError(f"{self.person.name} lacks {permission.name} there")

    def _require_sending(self, channel: Channel) -> None:
        """Go on only where they may post."""
        if channel.is_forum:
            raise ClientRefusedError(f"{channel.name} is a forum: make a post in it")
        thread = channel.thread
        if thread is not None and thread.is_locked:
            self._require(channel, Permission.MANAGE_THREADS)
        in_thread = thread is not None
        self._require(
            channel,
            Permission.SEND_MESSAGES_IN_THREADS if in_thread else Permission.SEND_MESSAGES,
        )

    def _require_speech(self, text: str, *, is_text_needed: bool) -> None:
        """Go on only with a text that is neither blank nor too long."""
        if is_text_needed and not text.strip():
            raise ClientRefusedError(f"{self.person.name} would post nothing")
        if len(text) > _MAX_TEXT:
            raise ClientRefusedError(f"{self.person.name}'s text is over {_MAX_TEXT} characters")

    def _require_own(self, message: Message) -> None:
        """Go on only with a message of their own."""
        if message.author_id != self.person.id:
            raise ClientRefusedError(f"{self.person.name} did not write message {message.id}")


def upload(name: str, content: bytes) -> Upload:
    """Make a file to post, of the type that its name tells."""
    return Upload(name, content, mimetypes.guess_type(name)[0] or "application/octet-stream")
