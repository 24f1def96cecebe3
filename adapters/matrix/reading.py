"""A room's raw events as things said: opened, their sender checked, or what is wrong with them.

Waits for as long as the homeserver does not answer; gives up nothing, and does nothing it reads.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TypeVar

from adapters.matrix.ciphers import Opened, Unreadable
from adapters.matrix.devices import Device
from adapters.matrix.events import (
    LONGEST,
    SAID,
    SEALED,
    Event,
    Json,
    Said,
    Trouble,
    is_sound,
    left,
    text_of,
)
from adapters.matrix.session import Session
from adapters.matrix.wire import Away, Refusal
from bot.ports import Clock

T = TypeVar("T")
ATTEMPTS = 4  #: in a room's turn, where a homeserver answers and says no
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0  #: seconds, between two attempts


class Reader:
    def __init__(self, session: Session, clock: Clock) -> None:
        self._session, self._clock = session, clock

    async def read(self, room: str, events: list[Json]) -> AsyncIterator[Event]:
        """What is said in them, and who left, in this order. Raises Revoked."""
        for event in filter(is_sound, events):
            gone = left(room, event)
            if gone:
                yield gone
            elif event["sender"] == self._session.user:
                continue
            elif event["type"] == SEALED:
                said = await self._sealed(room, event)
                if said:
                    yield said
            elif event["type"] == SAID:
                words, open_here = text_of(event["content"]), room not in self._session.encrypted
                if words is not None:
                    trouble = None if open_here else Trouble.CLEARTEXT
                    yield _said(room, event, words, trouble=trouble)

    async def patiently(self, ask: Callable[[], Awaitable[T]], attempts: int | None = None) -> T:
        """Again and again, ever more seldom, until there is an answer: while the homeserver is away
        nothing else comes either. Raises Revoked, and Refusal after so many of them."""
        wait, refused = FIRST_WAIT, 0
        while True:
            try:
                return await ask()
            except Refusal as no:
                refused += 1
                if no.is_revoked:
                    raise self._session.revoked() from no
                if refused == attempts:
                    raise
                pause = max(wait, no.retry_after.total_seconds() if no.retry_after else 0)
            except Away:
                pause = wait
            await asyncio.sleep(pause)
            wait = min(2 * wait, LONGEST_WAIT)

    async def mend(self, user: str, curve: str) -> None:
        """Begin anew with a device whose messages we cannot open, where there is such a one."""

        async def mended() -> None:
            for one in await self._session.devices.of(user):
                if one.curve == curve:
                    await self._session.ciphers.sharing.mend(one, self._clock.elapsed())

        with suppress(Refusal):  # so it stays broken until they begin anew themselves
            await self.patiently(mended, ATTEMPTS)

    async def _sealed(self, room: str, event: Json) -> Said | None:
        try:
            opened = self._session.ciphers.opened(room, event)
        except Unreadable:
            return await self._unreadable(room, event)
        try:
            device = await self.patiently(partial(self._whose, event, opened), ATTEMPTS)
        except Refusal:  # nobody tells whose it is: it may be theirs or not
            return _said(room, event, trouble=Trouble.UNREADABLE, sealed=True)
        if device is None:
            return _said(room, event, trouble=Trouble.FORGED, sealed=True)
        words = text_of(opened.content) if opened.kind == SAID else None
        if words is None:
            return None
        said = _said(room, event, words, proof=device.proof, sealed=True)
        return replace(said, added=device.added)

    async def _whose(self, event: Json, opened: Opened) -> Device | None:
        return await self._session.devices.whose(event["sender"], opened.curve, opened.ed)

    async def _unreadable(self, room: str, event: Json) -> Said | None:
        content = event["content"]
        key, now = str(content.get("session_id")), self._clock.elapsed()
        if not self._session.ciphers.misses(room, key, now):
            return None
        await self.mend(event["sender"], str(content.get("sender_key")))
        return _said(room, event, trouble=Trouble.UNREADABLE, sealed=True)


def _said(
    room: str,
    event: Json,
    words: str = "",
    *,
    proof: str = "",
    trouble: Trouble | None = None,
    sealed: bool = False,
) -> Said:
    if trouble is None and len(words.encode("utf-8", "surrogatepass")) > LONGEST:
        trouble = Trouble.TOO_LONG
    text = "" if trouble else words
    return Said(room, event["event_id"], event["sender"], text, proof, trouble, sealed=sealed)
