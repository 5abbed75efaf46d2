"""What a world tells, as the gateway would write it."""

from sandbox.payloads.events import Event, event_of
from sandbox.world.happenings import Happening
from sandbox.world.world import World


def recorded_events(world: World) -> list[Event]:
    """Return a list that each event is added to as it happens, from now on."""
    told: list[Event] = []

    def note(happening: Happening) -> None:
        told.append(event_of(world.directory, happening))

    world.subscribe(note)
    return told
