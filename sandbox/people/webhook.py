"""What a webhook does: it posts as people it names, as proxies of people do."""

from collections.abc import Sequence

from sandbox.people.person import upload
from sandbox.world.entities import Change, Channel, Draft, Message, Upload, Webhook
from sandbox.world.world import World


class WebhookActor:
    """One webhook's hands.

    Args:
        world: Where it posts.
        webhook: Which it is.
    """

    def __init__(self, world: World, webhook: Webhook) -> None:
        self.webhook = webhook
        self._world = world

    def say(
        self,
        text: str,
        name: str,
        *,
        thread: Channel | None = None,
        files: Sequence[tuple[str, bytes]] = (),
    ) -> Message:
        """Post under a name, in the webhook's channel or in a thread of it.

        Raises:
            ValueError: The thread is another channel's.
        """
        if thread is not None and thread.parent_id != self.webhook.channel_id:
            raise ValueError(f"{thread.name or thread.id} is no thread of the webhook's channel")
        return self._post(text, name, thread, tuple(upload(*each) for each in files))

    def proxy(self, message: Message, name: str) -> Message:
        """Post what a person said under a name, then delete what they said."""
        channel = self._world.channels[message.channel_id]
        files = [
            Upload(each.filename, self._world.files[each.id], each.content_type, each.description)
            for each in message.attachments
        ]
        thread = channel if channel.thread is not None else None
        posted = self._post(message.content, name, thread, tuple(files))
        self._world.delete(message)
        return posted

    def edit(self, message: Message, text: str) -> Message:
        """Change the text of a message that it posted."""
        self._require_own(message)
        return self._world.edit(message, Change(content=text))

    def delete(self, message: Message) -> None:
        """Delete a message that it posted."""
        self._require_own(message)
        self._world.delete(message)

    def _post(
        self, text: str, name: str, thread: Channel | None, uploads: tuple[Upload, ...]
    ) -> Message:
        webhook = self.webhook
        channel = thread or self._world.channels[webhook.channel_id]
        draft = Draft(text, uploads=uploads, webhook_id=webhook.id, author_name=name)
        return self._world.post(webhook, channel, draft)

    def _require_own(self, message: Message) -> None:
        if message.author_id != self.webhook.id:
            raise ValueError(f"message {message.id} is not the webhook's")
