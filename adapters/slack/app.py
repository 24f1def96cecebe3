"""Slack as a platform of the bot: one app, over a socket or over HTTP, for as long as it runs.

A Slack that is away is waited for. What only somebody can mend, such as a token that was revoked, is
told and ends the program.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial

from slack_bolt.app.async_app import AsyncApp

from adapters.slack.acts import Acts
from adapters.slack.bolt import bolt
from adapters.slack.events import Events
from adapters.slack.http import Pages, listening
from adapters.slack.incoming import PLATFORM
from adapters.slack.installations import Installation, Installations
from adapters.slack.installing import Installing
from adapters.slack.looking import identified, worthless
from adapters.slack.losing import Losing
from adapters.slack.manifest import SCOPES
from adapters.slack.pace import BETWEEN, Pace
from adapters.slack.post import SlackPost
from adapters.slack.renewing import Renewing
from adapters.slack.socket import SILENCE, Socket
from adapters.slack.wire import DEAD, Refusal, Wire, wire_to
from bot import ports
from bot.chat import Voice
from bot.dispatch import Door
from bot.platforms import Away, GiveUp, Limited, Platform, supervised
from bot.ports import Chance, Clock, OpenWork, Vault
from bot.settings import CannotStart, Http, Slack
from bot.tasks import MOST, Tasks
from bot.texts import Speaker

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
STARTS_WITHIN = 5.0  #: seconds until the program goes on without Slack


@dataclass(frozen=True, slots=True)
class _Parts:
    """What one run is made of."""

    door: Door
    wire: Wire
    installations: Installations
    losing: Losing
    tasks: Tasks
    app: AsyncApp


class SlackPlatform(Platform):
    def __init__(
        self,
        known: Slack,
        http: Http,
        us: ports.Installation,
        vault: Vault,
        clock: Clock,
        chance: Chance,
        open_work: OpenWork,
        *,
        between: float = BETWEEN,
        silence: float = SILENCE,
        most: int = MOST,
    ) -> None:
        """``between``, ``silence``, ``most``: see Pace, Socket and Tasks."""
        self._known, self._http, self._us = known, http, us
        self._vault, self._clock, self._chance, self._open_work = vault, clock, chance, open_work
        self._prefix, self._silence = f"/{known.command_prefix}", silence
        self.tasks = Tasks(most)
        self._post = SlackPost(self._prefix, Pace(clock.elapsed, between))
        self.address = ""  #: where we listen, over HTTP

    @property
    def post(self) -> SlackPost:
        return self._post

    @asynccontextmanager
    async def serve(self, door: Door, give_up: GiveUp) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            wire = await stack.enter_async_context(wire_to(self._known.api_url))
            parts = self._parts(door, wire)
            stack.push_async_callback(parts.tasks.close)
            self._post.wire, self._post.installations = wire, parts.installations
            self._post.losing = parts.losing
            if not self._known.token:  # then what is kept tells all who let us in
                self._post.lost = partial(door.places.lost, PLATFORM)
            known, settled = asyncio.Event(), asyncio.Event()
            if self._known.mode == "http":
                app = self._pages(parts).application()
                self.address = await stack.enter_async_context(listening(app, self._http))
                self._post.listens = known.is_set

            def gives_up(why: CannotStart) -> None:
                settled.set()
                give_up(why)

            runs = [asyncio.create_task(one) for one in self._runs(parts, known, gives_up)]
            runs.append(asyncio.create_task(_followed(known, settled)))
            stack.push_async_callback(_ended, runs)
            if not self.address:  # a socket ends after what is answered over it
                stack.push_async_callback(parts.tasks.close)
            with suppress(TimeoutError):  # whoever asks at once is answered, if Slack is there
                await asyncio.wait_for(settled.wait(), STARTS_WITHIN)
            try:
                yield
            finally:
                self._post.listens = _nowhere

    def _parts(self, door: Door, wire: Wire) -> _Parts:
        installations = Installations(self._open_work, self._vault, self._clock)
        installations.joined = partial(door.places.returned, PLATFORM)
        losing = Losing(door, installations)
        tasks, voice = self.tasks, Voice(self._us.language)
        of = (door, wire, installations, losing, tasks, voice, self._prefix, self._us.name)
        acts = Acts(*of, self._chance)
        events = Events(door, wire, installations, tasks, self._prefix)
        app = bolt(door, acts, events, wire, self._known.command_prefix)
        return _Parts(door, wire, installations, losing, tasks, app)

    def _pages(self, parts: _Parts) -> Pages:
        installing = None
        if self._known.client_id:
            of = (parts.wire, parts.installations, self._clock, self._chance)
            installing = Installing(*of, self._client(), self._secret())
        speaker = Speaker(Voice(self._us.language), self._prefix)
        of_ours = (installing, SCOPES, speaker, self._secret(), parts.tasks.arrives)
        return Pages(parts.app, parts.door, *of_ours)

    def _runs(
        self, parts: _Parts, known: asyncio.Event, give_up: GiveUp
    ) -> "Iterator[asyncio._CoroutineLike[None]]":
        yield self._listen(parts, known, give_up)
        yield parts.tasks.watch()
        if self._known.client_id:
            of = (parts.wire, parts.installations, parts.losing, self._open_work, self._clock)
            yield Renewing(*of, self._client()).run(parts.door)

    async def _listen(self, parts: _Parts, known: asyncio.Event, give_up: GiveUp) -> None:
        """Learns who we are, where the settings have the token; and opens the socket, where it is one."""
        try:
            if self._known.token:
                await supervised(parts.door, partial(self._knows, parts))
            if self._known.mode == "socket":
                token = self._known.app_token
                socket = Socket(
                    parts.wire,
                    token.get_secret_value() if token else "",
                    parts.app,
                    parts.door,
                    parts.tasks,
                    self._silence,
                )
                self._post.listens = lambda: socket.connected
                known.set()
                await supervised(parts.door, socket.run)
            known.set()
        except CannotStart as wrong:
            give_up(wrong)

    async def _knows(self, parts: _Parts) -> None:
        own = await self._identified(parts.wire)
        parts.installations.own(own)
        await parts.door.guarded(partial(_back, parts, own.place))

    async def _identified(self, wire: Wire) -> Installation:
        """Once, and again only until Slack answers. Raises CannotStart."""
        pause = FIRST_PAUSE
        while True:
            try:
                return await identified(wire, self._known.token)
            except Refusal as no:
                if no.code in DEAD:
                    raise CannotStart(worthless(no.code)) from None
            except (Away, Limited):
                pass
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _client(self) -> tuple[str, str]:
        secret = self._known.client_secret
        return self._known.client_id, secret.get_secret_value() if secret else ""

    def _secret(self) -> str:
        secret = self._known.signing_secret
        return secret.get_secret_value() if secret else ""


async def _back(parts: _Parts, place: str) -> None:
    """Whoever put us out, and has a token in the settings now, let us in again."""
    for one in (place, *await parts.installations.within(place)):
        await parts.door.places.returned(PLATFORM, one)


async def _ended(runs: list["asyncio.Task[None]"]) -> None:
    for one in runs:
        one.cancel()
    await asyncio.gather(*runs, return_exceptions=True)


async def _followed(known: asyncio.Event, settled: asyncio.Event) -> None:
    await known.wait()
    settled.set()


def _nowhere() -> bool:
    return False
