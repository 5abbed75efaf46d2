"""The routes that register application commands.

Source: Discord documentation, "Application Commands", section "Endpoints".
"""

from collections.abc import Callable
from typing import cast

from sandbox.payloads.command_rules import check_command, check_scope
from sandbox.payloads.json_values import object_or_none
from sandbox.payloads.refusals import Refusal, invalid_form, refused
from sandbox.rest.checks.access import guild_of
from sandbox.rest.routing import RestAnswer, RestRequest, Route
from sandbox.world.entities import Command, Payload
from sandbox.world.world import World

CREATIONS_A_DAY = 200
"""How many commands may be new in one scope in a day; changing one that exists does not count."""

_DAY_S = 24 * 60 * 60.0
_SCOPES = (
    "/applications/{application_id}/commands",
    "/applications/{application_id}/guilds/{guild_id}/commands",
)
_SETTABLE = (
    "name",
    "name_localizations",
    "description",
    "description_localizations",
    "options",
    "default_member_permissions",
    "dm_permission",
    "contexts",
    "integration_types",
    "nsfw",
)


def command_routes() -> list[Route]:
    """List the routes of global and of guild commands; the list counts what is new each day."""
    commands = CommandRegistration()

    def route(method: str, template: str, handler: Callable[..., RestAnswer]) -> Route:
        async def handle(request: RestRequest) -> RestAnswer:
            return handler(request)

        return Route(method, template, handle)

    routes: list[Route] = []
    for scope in _SCOPES:
        one = f"{scope}/{{command_id}}"
        routes += [
            route("GET", scope, commands.list_all),
            route("PUT", scope, commands.replace_all),
            route("POST", scope, commands.create),
            route("GET", one, commands.read),
            route("PATCH", one, commands.change),
            route("DELETE", one, commands.delete),
        ]
    return routes


def command_payload(world: World, command: Command) -> Payload:
    """Write a command as Discord gives it back."""
    payload: Payload = {
        "id": str(command.id),
        "application_id": str(world.bot.application_id),
        "version": str(command.version),
        "type": command.kind,
        "name_localizations": None,
        "description_localizations": None,
        "default_member_permissions": None,
        "dm_permission": True,
        "contexts": None,
        "integration_types": [0],
        "nsfw": False,
        **{key: value for key, value in command.body.items() if key != "type"},
    }
    payload["description"] = command.body.get("description") or ""
    if command.guild_id is not None:
        payload["guild_id"] = str(command.guild_id)
        payload.pop("dm_permission")
    return payload


class CommandRegistration:
    """Registers commands, and counts how many are new each day."""

    def __init__(self) -> None:
        self._creations: dict[int | None, list[float]] = {}

    def list_all(self, request: RestRequest) -> RestAnswer:
        """Return the commands of a scope."""
        return RestAnswer([command_payload(request.world, each) for each in self._here(request)])

    def read(self, request: RestRequest) -> RestAnswer:
        """Return one command."""
        return RestAnswer(command_payload(request.world, self._one(request)))

    def create(self, request: RestRequest) -> RestAnswer:
        """Register one command; one of the same kind and name is replaced (status 200, not 201)."""
        here = self._here(request)
        body = _cleaned(request.form)
        check_command(body)
        known = next((each for each in here if _key(each.body) == _key(body)), None)
        check_scope([each.body for each in here if each is not known] + [body])
        command = self._put(request, body, known)
        return RestAnswer(command_payload(request.world, command), 201 if known is None else 200)

    def change(self, request: RestRequest) -> RestAnswer:
        """Change some of the fields of one command."""
        command = self._one(request)
        body = command.body | _cleaned(request.form) | {"type": command.kind}
        check_command(body)
        others = [each.body for each in self._here(request) if each is not command]
        check_scope([*others, body])
        self._put(request, body, command)
        return RestAnswer(command_payload(request.world, command))

    def delete(self, request: RestRequest) -> RestAnswer:
        """Take one command away."""
        request.directory.forget_command(self._one(request))
        request.world.changed()
        return RestAnswer(status=204)

    def replace_all(self, request: RestRequest) -> RestAnswer:
        """Register exactly these commands; those that stay the same keep id and version."""
        here = self._here(request)
        given: object = request.body
        if not isinstance(given, list):
            raise invalid_form("_commands", "LIST_TYPE_CONVERT", "Only iterables may be used.")
        bodies = [_cleaned(object_or_none(each) or {}) for each in cast("list[object]", given)]
        for index, body in enumerate(bodies):
            check_command(body, f"{index}.")
        check_scope(bodies)
        known = {_key(each.body): each for each in here}
        wanted = {_key(body) for body in bodies}
        self._count_creations(request, len(wanted - set(known)))
        for each in here:
            if _key(each.body) not in wanted:
                request.directory.forget_command(each)
        kept = [self._keep(request, body, known.get(_key(body))) for body in bodies]
        return RestAnswer([command_payload(request.world, each) for each in kept])

    def _put(self, request: RestRequest, body: Payload, known: Command | None) -> Command:
        """Keep one command; one that is new counts."""
        if known is None:
            self._count_creations(request, 1)
        return self._keep(request, body, known)

    def _keep(self, request: RestRequest, body: Payload, known: Command | None) -> Command:
        """Keep a command; its version changes if it does."""
        ids = request.world.ids
        command = known or Command(ids.make(), ids.make(), _scope_of(request), body)
        if command.body != body:
            command.body = body
            command.version = ids.make()
        request.directory.keep(command)
        request.world.changed()
        return command

    def _count_creations(self, request: RestRequest, count: int) -> None:
        """Count new commands against what a day allows.

        Raises:
            RefusedError: It is too many (code 30034).
        """
        scope, now = _scope_of(request), request.world.clock()
        recent = [each for each in self._creations.get(scope, []) if now - each < _DAY_S]
        if len(recent) + count > CREATIONS_A_DAY:
            raise refused(Refusal.TOO_MANY_COMMANDS)
        self._creations[scope] = recent + [now] * count

    def _here(self, request: RestRequest) -> list[Command]:
        """Return the commands of the path's scope, oldest first.

        Raises:
            RefusedError: The application is another one, or the guild is not there.
        """
        if request.id_of("application_id") != request.world.bot.application_id:
            raise refused(Refusal.UNKNOWN_APPLICATION)
        if "guild_id" in request.parameters:
            guild_of(request)
        scope = _scope_of(request)
        return [each for each in request.world.commands.values() if each.guild_id == scope]

    def _one(self, request: RestRequest) -> Command:
        """Return the command of the path.

        Raises:
            RefusedError: There is none in this scope.
        """
        wanted = request.id_of("command_id")
        command = next((each for each in self._here(request) if each.id == wanted), None)
        if command is None:
            raise refused(Refusal.UNKNOWN_COMMAND)
        return command


def _scope_of(request: RestRequest) -> int | None:
    """Return the guild of the path, null for global commands."""
    return request.id_of("guild_id") if "guild_id" in request.parameters else None


def _cleaned(body: Payload) -> Payload:
    """Keep what can be set, with the type written out."""
    kept = {key: body[key] for key in _SETTABLE if key in body}
    return {"type": body.get("type") or 1} | kept


def _key(body: Payload) -> tuple[int, str]:
    """Return what no two commands of a scope share."""
    return int(body.get("type") or 1), str(body.get("name"))
