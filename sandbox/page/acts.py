"""What the page's person does: each request is one act of their hands in the sandbox's Discord."""

from collections.abc import Awaitable, Callable, Sequence

from sandbox.discord_server import DiscordServer
from sandbox.page.asked import Asked
from sandbox.page.commands import command_views, entity, form_view, option_values
from sandbox.page.files import Files
from sandbox.page.views import Views
from sandbox.page.window import Window
from sandbox.people.client_refusal import ClientRefusedError
from sandbox.people.interactions import InteractionRecord
from sandbox.people.person import PersonActor
from sandbox.world.entities import Channel, Guild, Payload, Person
from sandbox.world.permissions import BOT_ROLE
from sandbox.world.world import World

_ON_MESSAGE = 3
_LOCALES = {"ru": "ru"}

_Act = Callable[[Window, Asked], Awaitable[Payload | None]]


class Acts:
    """Does what windows ask for.

    Args:
        server: The Discord.
        world: What is in it.
        guild: The server that is shown.
        people: Who can be spoken as, the one who speaks at first before the others.
        views: Writes what is answered.
        files: Holds uploads.
    """

    def __init__(
        self,
        server: DiscordServer,
        world: World,
        guild: Guild,
        people: Sequence[Person],
        views: Views,
        files: Files,
    ) -> None:
        self._server = server
        self._world = world
        self._guild = guild
        self._people = tuple(people)
        self._views = views
        self._files = files
        self._acts: dict[str, _Act] = {
            "be": self._be,
            "open": self._open,
            "older": self._older,
            "direct": self._direct,
            "say": self._say,
            "post": self._post,
            "thread": self._thread,
            "edit": self._edit,
            "delete": self._delete,
            "react": self._react,
            "typing": self._typing,
            "source": self._source,
            "commands": self._commands,
            "slash": self._slash,
            "complete": self._complete,
            "menu": self._menu,
            "click": self._click,
            "select": self._select,
            "submit": self._submit,
        }

    async def answer(self, window: Window, body: Payload) -> None:
        """Do one thing and tell the window what came of it, under the number that it gave."""
        number = body.get("n")
        try:
            act = self._acts.get(str(body.get("do")), self._refuse)
            answer = await act(window, Asked(body, window.person, self._world))
        except (ClientRefusedError, TimeoutError) as error:
            window.tell("refused", n=number, why=str(error) or "The bot did not answer in time.")
        else:
            window.tell("done", n=number, **(answer or {}))

    def welcome(self, window: Window, language: str) -> Payload:
        """Write what a window needs to begin: who and what there is."""
        for person in self._people:
            person.locale = _LOCALES.get(language, "en-US")
        return self._state(window) | {
            "speakers": [str(person.id) for person in self._people],
            "guild": self._guild.name,
            "bot": str(self._world.bot.id),
            "connected": self._server.gateway.is_connected,
            "permissions": str(BOT_ROLE),
            "people": [self._views.person(person) for person in self._world.people.values()],
            "roles": {str(role.id): role.name for role in self._world.roles.values()},
        }

    def speaker(self, identifier: str) -> Person:
        """Return who is to speak, the first one where nobody has this id."""
        return next((it for it in self._people if str(it.id) == identifier), self._people[0])

    def _state(self, window: Window) -> Payload:
        channels = [
            *self._world.channels_of(self._guild),
            *self._world.threads_of(self._guild),
            *(each for each in self._world.channels.values() if each.guild_id is None),
        ]
        return {"me": str(window.person.id), "channels": window.channels(channels)}

    def _hands(self, asked: Asked) -> PersonActor:
        return self._server.person(asked.person)

    async def _refuse(self, _: Window, __: Asked) -> Payload:
        raise ClientRefusedError("The page's server does not know how to do that.")

    async def _be(self, window: Window, asked: Asked) -> Payload:
        window.look_as(self.speaker(asked.text("person")))
        return self._state(window)

    async def _open(self, window: Window, asked: Asked) -> Payload:
        return window.open(asked.channel())

    async def _older(self, window: Window, asked: Asked) -> Payload:
        return window.older(asked.identifier("before"))

    async def _direct(self, window: Window, asked: Asked) -> Payload:
        channel = self._hands(asked).open_direct_message()
        window.show_channel(channel)
        return {"channel": str(channel.id)}

    async def _say(self, _: Window, asked: Asked) -> Payload:
        keys = asked.texts("files")
        message = self._hands(asked).say(
            asked.channel(),
            asked.text("text"),
            reply_to=asked.message("reply") if asked.has("reply") else None,
            files=[self._uploaded(key) for key in keys],
        )
        for key in keys:
            self._files.forget(key)
        return {"id": str(message.id)}

    async def _post(self, _: Window, asked: Asked) -> Payload:
        title, text = asked.name("title"), asked.text("text")
        thread, _first = self._hands(asked).create_post(asked.channel(), title, text)
        return {"channel": str(thread.id)}

    async def _thread(self, _: Window, asked: Asked) -> Payload:
        name, message = asked.name("name"), asked.message()
        if message.id in self._world.channels:
            raise ClientRefusedError("This message has a thread already.")
        thread = self._hands(asked).start_thread(asked.channel(), name, message)
        return {"channel": str(thread.id)}

    async def _edit(self, _: Window, asked: Asked) -> None:
        self._hands(asked).edit(asked.message(), asked.text("text"))

    async def _delete(self, _: Window, asked: Asked) -> None:
        self._hands(asked).delete(asked.message())

    async def _react(self, _: Window, asked: Asked) -> None:
        emoji = asked.text("emoji", limit_chars=32)
        if not emoji or emoji.isascii():
            raise ClientRefusedError("This is no emoji.")
        hands = self._hands(asked)
        if asked.person.id in asked.message().reactions.get(emoji, ()):
            hands.unreact(asked.message(), emoji)
        else:
            hands.react(asked.message(), emoji)

    async def _typing(self, _: Window, asked: Asked) -> None:
        self._hands(asked).start_typing(asked.channel())

    async def _source(self, _: Window, asked: Asked) -> Payload:
        return {"text": asked.message().content}

    async def _commands(self, _: Window, asked: Asked) -> Payload:
        person, channel, acting = asked.person, asked.channel(), self._server.acting
        slash = acting.commands(person, channel)
        on_message = acting.commands(person, channel, _ON_MESSAGE)
        return {
            "commands": [it for each in slash for it in command_views(each, person.locale)],
            "menu": [each.name for each in on_message],
        }

    async def _slash(self, window: Window, asked: Asked) -> Payload:
        name, channel = asked.name("name"), asked.channel()
        values = self._options(asked, name, channel)
        return self._outcome(window, await self._hands(asked).slash(channel, name, **values))

    async def _complete(self, _: Window, asked: Asked) -> Payload:
        name, channel = asked.name("name"), asked.channel()
        values = self._options(asked, name, channel)
        option, typed = asked.text("option"), asked.text("typed")
        values.pop(option, None)
        choices = await self._hands(asked).autocomplete(channel, name, option, typed, **values)
        return {"choices": choices}

    async def _menu(self, window: Window, asked: Asked) -> Payload:
        record = await self._hands(asked).context_menu(asked.text("name"), asked.message())
        return self._outcome(window, record)

    async def _click(self, window: Window, asked: Asked) -> Payload:
        record = await self._hands(asked).click(asked.message(), custom_id=asked.text("custom_id"))
        return self._outcome(window, record)

    async def _select(self, window: Window, asked: Asked) -> Payload:
        values: Sequence[object] = asked.texts("values")
        if asked.is_set("entities"):
            values = [entity(self._world, value) for value in values]
        record = await self._hands(asked).select(asked.message(), asked.text("custom_id"), values)
        return self._outcome(window, record)

    async def _submit(self, window: Window, asked: Asked) -> Payload:
        form = window.forms.get(asked.identifier("form"))
        if form is None:
            raise ClientRefusedError("This form is not open any more.")
        record = await self._hands(asked).submit(form, **asked.values("values"))
        window.forms.pop(form.source_id, None)
        return self._outcome(window, record)

    def _options(self, asked: Asked, name: str, channel: Channel) -> Payload:
        offered = self._server.acting.commands(asked.person, channel)
        command = next((it for it in offered if it.name == name.partition(" ")[0]), None)
        return option_values(self._world, command, name, asked.values("options"))

    def _outcome(self, window: Window, record: InteractionRecord) -> Payload:
        """Write what the person sees at once: a form, or that nobody answered."""
        if record.failed is not None:
            raise ClientRefusedError(record.failed)
        if record.modal is None:
            return {}
        window.forms[record.modal.source_id] = record.modal
        return {"form": form_view(record.modal)}

    def _uploaded(self, key: str) -> tuple[str, bytes]:
        try:
            return self._files.uploaded(key)
        except LookupError as error:
            raise ClientRefusedError("This file is not here any more: choose it again.") from error
