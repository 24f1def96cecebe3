"""Redelivery marks: platforms may bring an event twice, and what staff said must be kept once.

A mark is a keyed hash of the event's id under a key that lives for a day and the next. It is
written in the transaction of the event's effect, never in one where a reporter acts on a case:
those are known by the ids drawn with their drafts (privacy rule 11).
"""

from collections.abc import Sequence
from datetime import date, timedelta

from bot.ports import Clock, Keys, OpenWork, Vault, Work


class Marks:
    def __init__(self, open_work: OpenWork, keys: Keys, vault: Vault, clock: Clock) -> None:
        self._open_work, self._keys, self._vault, self._clock = open_work, keys, vault, clock
        self._forgot: date | None = None

    async def of(self, event: str | None) -> Sequence[bytes]:
        """The marks of an event: under today's key, and under yesterday's for one at midnight."""
        if event is None:
            return ()
        today = self._today()
        return [await self._mark(day, event) for day in (today, today - timedelta(days=1))]

    async def first_time(self, work: Work, marks: Sequence[bytes]) -> bool:
        """Whether to act, inside the act's transaction. Without marks there is no telling."""
        return not marks or await work.ledger.first_time(marks, self._today())

    async def forget(self) -> None:
        """Marks and keys of the days before yesterday go. Once a day and process: forgetting twice
        does no harm."""
        today = self._today()
        if self._forgot != today:
            before = today - timedelta(days=1)
            await self._keys.forget_daily(before)
            async with self._open_work() as work:
                await work.ledger.forget_marks(before)
            self._forgot = today

    async def _mark(self, day: date, event: str) -> bytes:
        id = f"day/{day.isoformat()}"
        wrapped = await self._keys.daily(day, self._vault.wrap(id, self._vault.new_key()))
        return self._vault.event_mark(self._vault.unwrap(id, wrapped), event)

    def _today(self) -> date:
        return self._clock.now().date()
