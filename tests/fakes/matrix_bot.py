"""The bot's account on a homeserver of the tests, with folders of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from adapters.chance import SystemChance
from adapters.clock import SystemClock
from adapters.matrix.events import Event, Invited, Said
from adapters.matrix.rooms import Rooms
from adapters.matrix.sending import Sending
from adapters.matrix.session import Session, open_session
from adapters.matrix.syncing import Syncing
from bot.ports import Clock
from tests.fakes.matrix_people import WAITS
from tests.fakes.synapse import PASSWORD


@dataclass(frozen=True)
class Known:
    """An account as the settings would tell it."""

    homeserver: str
    user_id: str
    password: SecretStr | None = field(default_factory=lambda: SecretStr(PASSWORD))
    access_token: SecretStr | None = None
    device_name: str = "Groundswell"


def session(
    known: Known, folder: Path, clock: Clock | None = None
) -> AbstractAsyncContextManager[Session]:
    """Its keys and its state below ``folder``."""
    (folder / "keys").mkdir(exist_ok=True, mode=0o700)
    keys, state = folder / "keys", folder / "state"
    return open_session("main", known, keys, state, clock or SystemClock(), SystemChance())


async def joined(bot: Session, room: str) -> None:
    await bot.wire.call("POST", f"/join/{room}", {})


class Notes:
    """A memory that outlives a process of the tests. ``tokens``: all that it was told."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.tokens: list[str] = []

    async def remembered(self, name: str) -> str | None:
        return self.kept.get(name)

    async def remember(self, name: str, value: str) -> None:
        self.kept[name] = value
        self.tokens.append(value)


class Ear:
    """Hears what comes, accepts every invitation. ``came``: all of it, in order; ``begun``: likewise,
    with what is still held by what ``holds`` gives for it; ``sending``: its mouth; ``fails``: with
    what it dies over the next thing that comes; ``changed``: rooms of which it heard a change."""

    def __init__(self, bot: Session, notes: Notes, clock: Clock | None = None) -> None:
        self.bot, self.notes, self.came = bot, notes, list[Event]()
        self.fails: Exception | None = None
        self.begun: list[Event] = []
        self.holds: Callable[[Event], asyncio.Event | None] = lambda event: None
        self.rooms = Rooms(bot)
        self.sending = Sending(bot, self.rooms)
        self.changed: list[str] = []
        self.syncing = Syncing(bot, notes, clock or SystemClock(), self._handle, self._change)
        self.running = asyncio.create_task(self.syncing.run())

    @property
    def said(self) -> list[Said]:
        return [one for one in self.came if isinstance(one, Said)]

    async def until(self, so: Callable[[], Any]) -> None:
        async with asyncio.timeout(WAITS):
            while not so():
                if self.running.done():  # and why, if it did not end well
                    await self.running
                await asyncio.sleep(0.01)

    async def hears(self, *texts: str) -> list[Said]:
        """Once all of it was said, and whatever else was: all messages in their order."""
        await self.until(lambda: {one.text for one in self.said} >= set(texts))
        return self.said

    async def learns(self, room: str) -> None:
        """Once it heard of a change there that it had not heard of when this was called last."""
        await self.until(lambda: room in self.changed)
        self.changed.clear()

    def _change(self, room: str) -> None:
        self.rooms.changed(room)
        self.changed.append(room)

    async def _handle(self, event: Event) -> None:
        if isinstance(event, Invited):
            await self.sending.join(event.room, event.by)
        if self.fails:
            raise self.fails
        self.begun.append(event)
        if held := self.holds(event):
            await held.wait()
        self.came.append(event)


@asynccontextmanager
async def listening(
    known: Known, folder: Path, notes: Notes, clock: Clock | None = None
) -> AsyncIterator[Ear]:
    """The bot, hearing all that comes until the end, and then what came still."""
    async with session(known, folder, clock) as bot:
        ear = Ear(bot, notes, clock)
        try:
            await ear.until(lambda: ear.syncing.connected)
            yield ear
        finally:
            ear.syncing.stop()
            await ear.running
