"""Asks the homeserver for what is new, in our own loop, and remembers how far we came.

A token is remembered when all that came before it was handled: whoever dies in between hears the
rest again. The homeserver is the inbox; nothing that came is kept here. Where there is no token yet
only invitations count, for what was said before we came is no command.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Any, Protocol, TypeVar

from adapters.matrix.events import (
    ENCRYPTION,
    SAID,
    SEALED,
    SHAPE,
    Event,
    Invited,
    Json,
    Left,
    Said,
    invited_by,
    is_id,
    since_invited,
)
from adapters.matrix.queues import Queues
from adapters.matrix.reading import ATTEMPTS, Reader
from adapters.matrix.session import Session
from adapters.matrix.sharing import ONE_TIME
from adapters.matrix.wire import Away, Refusal, at
from bot.ports import Clock

T = TypeVar("T")
WAITS = 30.0  #: seconds for which the homeserver may hold its answer until something is new
SETTLES = 10.0  #: seconds within which what was handled is written down, too
AT_ONCE = 100  #: events of a room in one answer
MOST_PAGES = 100  #: of a room, when it is paged back
#: Keys of ours that a homeserver may have: beyond it, it tells nonsense, and they are made anew.
MOST_KEYS = 10_000
_TYPES = [SAID, SEALED, *SHAPE]
REFUSED = 4  #: times that we are refused what is new, before somebody should know
_NOTHING: dict[str, Any] = {"types": []}


class Memory(Protocol):
    """What must outlive this process, by name."""

    async def remembered(self, name: str) -> str | None: ...
    async def remember(self, name: str, value: str) -> None: ...


class Unheard(Exception):
    """The homeserver refuses again and again to tell what is new: somebody has to see why."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What is new in one room: a timeline, or events that were understood already. ``since``: the
    token after which it is new; ``missed``: whether it came up while we did not listen."""

    room: str
    since: str = ""
    missed: bool = False
    timeline: Json = field(default_factory=dict, repr=False)
    events: tuple[Event, ...] = ()


def _nobody(room: str = "") -> None:
    """Nobody wants to know."""


class Syncing:
    """``connected``: whether the homeserver answered last time. ``changed``: told of each room where
    somebody came or went, or anything else is otherwise; "" where we may have missed it."""

    def __init__(
        self,
        session: Session,
        memory: Memory,
        clock: Clock,
        handle: Callable[[Event], Awaitable[None]],
        changed: Callable[[str], None] = _nobody,
    ) -> None:
        self._changed = changed
        self._session, self._memory, self._clock, self._handle = session, memory, clock, handle
        self._reader = Reader(session, clock)
        self._name = f"{session.name}/since"
        self._stopping = asyncio.Event()
        self._day: date | None = None
        self._settled = self._told = clock.elapsed()
        self.connected = self._missed = False
        self._refused = 0

    def stop(self) -> None:
        """Nothing new is let in; ``run`` ends when what came is handled."""
        self._stopping.set()

    async def run(self) -> None:
        """Until ``stop``. Raises Revoked, Stale, Unheard, and whatever ``handle`` raises."""
        since = await self._memory.remembered(self._name)
        try:
            async with asyncio.TaskGroup() as group:
                queues = Queues(group, self._part, lambda token: self._remember(token, queues))
                stopped = group.create_task(self._stopping.wait())
                full = True  # once in a process: which rooms are encrypted
                told = since
                while (said := await self._unless(stopped, self._ask(since, full))) is not None:
                    for lost in self._learnt(said):
                        group.create_task(self._reader.mend(*lost))
                    await self._keys()
                    parts = [*self._invitations(said), *(self._new(said, since) if since else ())]
                    since, full = str(said["next_batch"]), False
                    if since != told and (parts or self._is_to_be_told(said)):
                        await queues.put(since, [(one.room, one) for one in parts])
                        told, self._told = since, self._clock.elapsed()
                if since and since != told:
                    await queues.put(since, ())
            self._settle()
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from several  # one is enough to stop for

    async def _unless(self, stopped: asyncio.Task[Any], ask: Coroutine[Any, Any, T]) -> T | None:
        """The answer, or None once it is stopped."""
        asked = asyncio.create_task(ask)
        try:
            await asyncio.wait((asked, stopped), return_when=asyncio.FIRST_COMPLETED)
            return None if stopped.done() else await asked
        finally:
            asked.cancel()

    async def _ask(self, since: str | None, full: bool) -> Json:
        timeline = {"limit": AT_ONCE if since else 1, "types": _TYPES}
        room = {"timeline": timeline, "state": {"types": [ENCRYPTION] if full else [*SHAPE]}}
        room |= {"ephemeral": _NOTHING, "account_data": _NOTHING}
        wanted = {"room": room, "presence": _NOTHING, "account_data": _NOTHING}
        query = {"filter": json.dumps(wanted), "set_presence": "offline"}
        query |= {"since": since} if since else {}
        query |= {"full_state": "true"} if full else {"timeout": str(int(WAITS * 1000))}
        return await self._reader.patiently(partial(self._sync, query))

    async def _sync(self, query: dict[str, str]) -> Json:
        try:
            said = await self._session.wire.call("GET", "/sync", query=query, patience=2 * WAITS)
            if not isinstance(said.get("next_batch"), str):  # a proxy's page, and no homeserver's
                raise Away(doubtful=False)
        except (Refusal, Away) as no:
            self.connected = False
            self._changed("")
            self._count(no)
            raise
        self._refused = 0
        self._missed, self.connected = not self.connected, True
        return said

    def _count(self, no: Refusal | Away) -> None:
        """A homeserver that is slow, away or broken comes back by itself; what it calls our mistake
        stays one. Raises Unheard."""
        if isinstance(no, Refusal) and no.is_our_mistake:
            self._refused += 1
        if self._refused >= REFUSED:
            raise Unheard from no

    def _learnt(self, said: Json) -> list[tuple[str, str]]:
        """All that is not for a room. Of messages to our device that could not be opened: from
        which user, and the device's Curve25519 key."""
        changed = _inside(said, "device_lists")
        users = [*_several(changed, "changed"), *_several(changed, "left")]
        self._session.devices.outdated(one for one in users if isinstance(one, str))
        count = _inside(said, "device_one_time_keys_count").get(ONE_TIME)
        unused = _several(said, "device_unused_fallback_key_types")
        known = isinstance(count, int) and 0 <= count < MOST_KEYS
        self._session.ciphers.counted(int(count or 0) if known else 0, ONE_TIME in unused)
        for room, new in _rooms(said, "join"):
            changes = [
                event.get("type")
                for event in (*_events(new, "state"), *_events(new, "timeline"))
                if "state_key" in event
            ]
            if ENCRYPTION in changes:
                self._session.encrypted.add(room)
            if changes or _inside(new, "timeline").get("limited"):
                self._changed(room)
        for room, _ in (*_rooms(said, "leave"), *_rooms(said, "invite")):
            self._changed(room)
        sent = _several(_inside(said, "to_device"), "events")
        return [lost for one in sent if (lost := self._session.ciphers.received(one))]

    async def _keys(self) -> None:
        today = self._clock.now().date()
        with suppress(Refusal, Away):  # the next answer comes soon
            await self._session.ciphers.upload(today)
        if today != self._day:
            self._session.ciphers.grow_old(today)
            self._day = today

    def _invitations(self, said: Json) -> Iterable[_Part]:
        for room, new in _rooms(said, "invite"):
            by = invited_by(new, self._session.user)
            if by:
                yield _Part(room, events=(Invited(room, by),))

    def _new(self, said: Json, since: str) -> Iterable[_Part]:
        for room, new in _rooms(said, "join"):
            if _events(new, "timeline") and not self._is_ours(new):
                yield _Part(room, since, self._missed, new["timeline"])
        for room, _ in _rooms(said, "leave"):
            yield _Part(room, events=(Left(room, self._session.user),))

    def _is_ours(self, new: Json) -> bool:
        """Whether all that is new there is what we said ourselves."""
        us, timeline = self._session.user, _inside(new, "timeline")
        ours = (
            one.get("sender") == us and "state_key" not in one
            for one in timeline["events"]
            if isinstance(one, dict)
        )
        return not timeline.get("limited") and all(ours)

    def _is_to_be_told(self, said: Json) -> bool:
        """Of an answer that holds nothing for a room: what came for our device comes once, and of the
        rest it is enough to know now and then how far we came."""
        late = self._clock.elapsed() - self._told >= SETTLES
        return late or bool(_inside(said, "to_device").get("events"))

    async def _part(self, part: _Part) -> None:
        """In its room's turn."""
        for event in part.events:
            await self._handle(event)
        events = await self._whole(part) if part.timeline else []
        async for one in self._reader.read(part.room, events):
            if isinstance(one, Said) and part.missed:
                one = replace(one, missed=True)
            await self._handle(one)
        self._session.ciphers.handled(part.room)

    async def _whole(self, part: _Part) -> list[Json]:
        """A room's new events, the oldest first; what did not fit the answer is paged back."""
        events, back = _several(part.timeline, "events"), part.timeline.get("prev_batch")
        for _ in range(MOST_PAGES):
            ours, reached = since_invited(events, self._session.user)
            is_all = reached and not part.timeline.get("limited")
            if not back or is_all or len(ours) < len(events):
                break
            upto = part.since if reached else ""
            try:
                page = await self._reader.patiently(
                    partial(self._page, part.room, str(back), upto), ATTEMPTS
                )
            except Refusal:  # such as of a room that is no longer ours to read
                break
            events, back = [*reversed(_several(page, "chunk")), *events], page.get("end")
        return since_invited(events, self._session.user)[0]

    async def _page(self, room: str, back: str, upto: str) -> Json:
        query = {"dir": "b", "from": back, "limit": str(AT_ONCE)}
        query["filter"] = json.dumps({"types": _TYPES})
        query |= {"to": upto} if upto else {}
        return await self._session.wire.call("GET", at("/rooms/{}/messages", room), query=query)

    async def _remember(self, token: str, queues: Queues[_Part]) -> None:
        """What was handled is written down only where no token before it waits for another room: if
        we died it would come again, and could not be opened any more."""
        await self._memory.remember(self._name, token)
        if queues.idle and self._clock.elapsed() - self._settled >= SETTLES:
            self._settle()

    def _settle(self) -> None:
        self._session.ciphers.settle(self._clock.now().date())
        self._settled = self._clock.elapsed()


def _inside(said: Json, *path: str) -> dict[str, Any]:
    """What is an object there, else nothing."""
    found: Any = said
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _rooms(said: Json, how: str) -> list[tuple[str, Any]]:
    """Those that are joined, left, or to which we are asked, and what is new there."""
    return [(room, new) for room, new in _inside(said, "rooms", how).items() if is_id(room)]


def _several(said: Json, name: str) -> list[Any]:
    """What is a list there, else nothing."""
    found = said.get(name)
    return list(found) if isinstance(found, list) else []


def _events(new: Json, where: str) -> list[Any]:
    events = _several(_inside(new, where), "events")
    return [one for one in events if isinstance(one, dict)]
