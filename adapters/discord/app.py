"""Discord as a platform of the bot: one app, on its shards, for as long as it runs.

A Discord that is away is waited for. What only somebody can mend, such as a token that was reset, is
told and ends the program.
"""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from typing import Any

from adapters.discord.acts import Acts
from adapters.discord.events import Events
from adapters.discord.gateway import BETWEEN, Gateway, Happened
from adapters.discord.incoming import PLATFORM
from adapters.discord.kept import Shelf
from adapters.discord.looking import WORTHLESS, application, sync
from adapters.discord.manifest import commands, hashed
from adapters.discord.post import DiscordPost
from adapters.discord.wire import Refusal, Wire, wire_to
from bot import ports
from bot.chat import Voice
from bot.dispatch import Door
from bot.domain.errors import CannotSave
from bot.platforms import Away, GiveUp, Limited, Platform, supervised
from bot.ports import Chance, Clock, OpenWork
from bot.settings import CannotStart, Discord
from bot.tasks import MOST, Tasks

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
STARTS_WITHIN = 5.0  #: seconds until the program goes on without Discord
AFTER = 1.0  #: seconds from when we are there until Discord is told the commands
TOLD = "commands"  #: the hash of those that Discord was told last


class DiscordPlatform(Platform):
    def __init__(
        self,
        known: Discord,
        us: ports.Installation,
        clock: Clock,
        chance: Chance,
        open_work: OpenWork,
        *,
        between: float = BETWEEN,
        most: int = MOST,
        after: float = AFTER,
    ) -> None:
        """``between``, ``most``: see Gateway and Tasks."""
        self._known, self._us, self._clock, self._chance = known, us, clock, chance
        self._open_work, self._between, self._after = open_work, between, after
        self.tasks = Tasks(most)
        self._post = DiscordPost()

    @property
    def post(self) -> DiscordPost:
        return self._post

    @asynccontextmanager
    async def serve(self, door: Door, give_up: GiveUp) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            wire = await stack.enter_async_context(wire_to(self._known))
            stack.push_async_callback(self.tasks.close)
            settled = asyncio.Event()

            def gives_up(why: CannotStart) -> None:
                settled.set()
                give_up(why)

            listen = partial(self._listen, door, wire, settled, gives_up)
            run = asyncio.create_task(supervised(door, listen))
            stack.push_async_callback(_ended, run)
            with suppress(TimeoutError):
                await asyncio.wait_for(settled.wait(), STARTS_WITHIN)
            try:
                yield
            finally:
                self._post.wire = self._post.gateway = None

    async def _listen(
        self, door: Door, wire: Wire, settled: asyncio.Event, give_up: GiveUp
    ) -> None:
        try:
            await self._login(door, wire)
            events = Events(door, wire, self._known.guilds)
            gateway = self._gateway(door, wire, events, settled)
            self._post.wire, self._post.gateway = wire, gateway
            self._post.lost = partial(door.places.lost, PLATFORM)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._tells(door, wire, settled))
                group.create_task(events.run())
                group.create_task(gateway.run())
                group.create_task(self.tasks.watch())
        except* CannotStart as wrong:
            give_up(_first(wrong))

    def _gateway(self, door: Door, wire: Wire, events: Events, settled: asyncio.Event) -> Gateway:
        shelf, voice = Shelf(self._clock.elapsed, self._name), Voice(self._us.language)
        known, served = self._known, self._known.guilds
        acts: Acts
        gateway: Gateway

        def take(told: Any) -> None:
            acts.take(told)

        def comes() -> None:
            if gateway.connected:
                settled.set()

        happened = Happened(events.joined, events.left, comes)
        gateway = Gateway(known, wire, door, take, happened, self._between)
        acts = Acts(door, wire, self.tasks, shelf, voice, served, gateway.named)
        return gateway

    def _name(self) -> str:
        return urlsafe_b64encode(self._chance.bytes(9)).decode()

    async def _login(self, door: Door, wire: Wire) -> None:
        """Once, and again only until Discord answers. Raises CannotStart."""
        pause = FIRST_PAUSE
        failed = list[str]()
        while True:
            try:
                await wire.login(self._known.token.get_secret_value())
                return
            except Refusal as no:
                if no.status == 401:
                    raise CannotStart(WORTHLESS) from None
                failed.append(f"{no.status} {no.code}")
            except (Away, Limited) as why:
                failed.append(type(why).__name__)
            if len(failed) == 2:  # once may happen
                door.warned(PLATFORM, "login", failed[-1])
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _tells(self, door: Door, wire: Wire, settled: asyncio.Event) -> None:
        """Tells Discord the commands, where they are others than it was told last; again only until
        it answers. That it will not have them is told to the operator. Nobody waits
        for it: to say them all in five languages takes a tenth of a second, in a thread."""
        await settled.wait()
        await asyncio.sleep(self._after)
        pause = FIRST_PAUSE
        while True:
            try:
                await door.guarded(
                    partial(self._tell, door, wire), Away, Limited, Refusal, CannotSave
                )
                return None
            except Refusal as no:
                return door.warned(PLATFORM, "commands", f"{no.status} {no.code}")
            except (Away, Limited, CannotSave):
                pass
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _tell(self, door: Door, wire: Wire) -> None:
        told = await asyncio.to_thread(commands, door.commands)
        id = await application(wire, self._known)
        mark = f"{id}/{hashed(told)}"
        async with self._open_work() as work:
            if await work.platforms.remembered(PLATFORM, TOLD) == mark:
                return
        await sync(wire, id, told)
        async with self._open_work() as work:
            await work.platforms.remember(PLATFORM, TOLD, mark)


def _first(wrong: BaseExceptionGroup[CannotStart]) -> CannotStart:
    one = wrong.exceptions[0]
    return one if isinstance(one, CannotStart) else _first(one)


async def _ended(*runs: "asyncio.Task[None]") -> None:
    for one in runs:
        one.cancel()
    await asyncio.gather(*runs, return_exceptions=True)
