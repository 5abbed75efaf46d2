"""Who is told what happens in the world."""

from collections.abc import Callable

from sandbox.world.happenings import Happening


class Listeners:
    """Calls listeners with what happens, and watchers whenever anything may have changed."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[Happening], None]] = []
        self._watchers: list[Callable[[], None]] = []

    def subscribe(self, listener: Callable[[Happening], None]) -> Callable[[], None]:
        """Call a listener with each happening from now on, in order; return how to stop that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def on_change(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Call a watcher whenever anything may have changed; return how to stop that."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def tell(self, happening: Happening) -> None:
        """Call the listeners, then the watchers."""
        for listener in tuple(self._listeners):
            listener(happening)
        self.changed()

    def changed(self) -> None:
        """Call the watchers; whoever changes something that a test may wait for calls this."""
        for watcher in tuple(self._watchers):
            watcher()
