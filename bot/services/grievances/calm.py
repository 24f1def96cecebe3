"""Calm slots: what a slot brings where nothing crosses, for many communities at once.

The fixed sentences are said whether or not there is anything, and the slot moves on. A community
with anything waiting is never touched here: ``release.py`` sees to it alone.
"""

import asyncio
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from bot.domain.communities import CommunityId, RoomKind, Slots, Space
from bot.ports import CalmSlot, Log, Noted, Notice, OpenWork, Parcel, Passed
from bot.services.notices import Notices, may_be_told
from bot.services.privacy.audit import Audit

Alike = dict[tuple[Slots, datetime], list[CalmSlot]]
MISSED = timedelta(hours=1)  #: a slot that happens so much later was missed and is made up for
_REMEMBERED = timedelta(days=60)
AT_ONCE = 300  #: communities in one transaction: other work waits no longer than for these
HANDS = 2  #: transactions at a time: while the database is at work on one, the other is made ready


class SlotLog:
    """One line for a slot, however many communities have it, and whether or not it is calm: else
    the lines would tell in how many something crossed."""

    def __init__(self, log: Log) -> None:
        self._log, self._noted = log, set[datetime]()

    def note(self, slot: datetime) -> None:
        if slot not in self._noted:
            self._noted = {one for one in self._noted if abs(slot - one) < _REMEMBERED} | {slot}
            self._log.note(Noted.SLOT, period=slot.isoformat())


class CalmSlots:
    def __init__(self, open_work: OpenWork, notices: Notices, audit: Audit, slots: SlotLog) -> None:
        self._open_work, self._notices = open_work, notices
        self._audit, self._slots = audit, slots

    async def due(self, now: datetime) -> datetime | None:
        """Let every calm slot that has come happen; the last of them, if there was any. Where one hand
        fails the others go on; then its error is raised."""
        happened = set[datetime]()

        async def hand() -> None:
            while await self._some(now, happened):
                pass

        hands = await asyncio.gather(*(hand() for _ in range(HANDS)), return_exceptions=True)
        for slot in sorted(happened):
            self._slots.note(slot)
        for wrong in hands:
            if wrong is not None:
                raise wrong
        return max(happened, default=None)

    async def _some(self, now: datetime, happened: set[datetime]) -> bool:
        """Let some happen at once. Whether there may be more."""
        async with self._open_work() as work:
            held, more = await work.calm.held(now, AT_ONCE)
            if not held:
                return False
            alike = _by_calendar(held)
            ours = await work.calm.passed("slot", list(_passed(alike)))
            weekly, said = list[CommunityId](), list[Parcel]()
            for (slots, slot), those in alike.items():
                mine = [one for one in those if one.community in ours]
                ids, opens_week = [one.community for one in mine], slots.opens_week(slot)
                if now - slot > MISSED:
                    await work.ledger.made_up_for("slot", slot.isoformat(), ids, now)
                if opens_week:
                    weekly += ids
                for one in mine:
                    said += self._said(one, ours[one.community], opens_week)
            if weekly:
                await self._audit.close_week(work, weekly)
            await work.outbox.put(*said)
        happened.update(slot for _, slot in alike)
        return more or any(slots.after(slot) <= now for slots, slot in alike)

    def _said(self, one: CalmSlot, spaces: Iterable[Space], opens_week: bool) -> list[Parcel]:
        rooms = [(RoomKind.STAFF, Notice.STAFF)]
        if opens_week:
            rooms.append((RoomKind.BULLETIN, Notice.BULLETIN))
        return [
            self._parcel(one, space, room, notice)
            for space in spaces
            for room, notice in rooms
            if may_be_told(space, room)
        ]

    def _parcel(self, one: CalmSlot, space: Space, room: RoomKind, notice: Notice) -> Parcel:
        facts = {"slot": one.slot.isoformat()}
        return self._notices.for_room(one.community, space, room, notice, facts)


def _by_calendar(held: list[CalmSlot]) -> Alike:
    """Those who wait for the same slot of the same calendar: what follows is reckoned once."""
    found = Alike()
    for one in held:
        found.setdefault((one.slots, one.slot), []).append(one)
    return found


def _passed(alike: Alike) -> Iterator[Passed]:
    for (slots, slot), those in alike.items():
        after = slots.after(slot)
        for one in those:
            yield one.community, slot, after
