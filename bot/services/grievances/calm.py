"""Calm slots: what a slot brings where nothing crosses, for many communities at once.

The fixed sentences are said whether or not there is anything, and the slot moves on. A community
with anything waiting is never touched here: ``release.py`` sees to it alone.
"""

from datetime import datetime, timedelta

from bot.domain.communities import RoomKind, Slots, Space
from bot.ports import CalmSlot, Log, Noted, Notice, OpenWork, Parcel
from bot.services.notices import Notices, may_be_told
from bot.services.privacy.audit import Audit

MISSED = timedelta(hours=1)  #: a slot that happens so much later was missed and is made up for
_REMEMBERED = timedelta(days=60)
AT_ONCE = 200  #: communities in one transaction: other work waits no longer than for these


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
        """Let every calm slot that has come happen; the last of them, if there was any."""
        last: datetime | None = None
        while happened := await self._some(now):
            for slot in sorted(set(happened)):
                self._slots.note(slot)
            last = max([*happened, *([last] if last else [])])
        return last

    async def _some(self, now: datetime) -> list[datetime]:
        async with self._open_work() as work:
            held = await work.calm.held(now, AT_ONCE)
            if not held:
                return []
            ours = await work.calm.claim("slot", [(one.community, one.slot) for one in held])
            mine = [one for one in held if one.community in ours]
            for slot in {one.slot for one in mine if now - one.slot > MISSED}:
                late = [one.community for one in mine if one.slot == slot]
                await work.ledger.made_up_for("slot", slot.isoformat(), late, now)
            opens, after = _calendars(held)
            weekly = [one.community for one in mine if opens[one.slots, one.slot]]
            if weekly:
                await self._audit.close_week(work, weekly)
            said = (p for one in mine for p in self._said(one, opens[one.slots, one.slot]))
            await work.outbox.put(*said)
            await work.calm.done([(one.community, after[one.slots, one.slot]) for one in held])
        return [one.slot for one in held]

    def _said(self, one: CalmSlot, opens_week: bool) -> list[Parcel]:
        rooms = [(RoomKind.STAFF, Notice.STAFF)]
        if opens_week:
            rooms.append((RoomKind.BULLETIN, Notice.BULLETIN))
        return [
            self._parcel(one, space, room, notice)
            for space in one.spaces
            for room, notice in rooms
            if may_be_told(space, room)
        ]

    def _parcel(self, one: CalmSlot, space: Space, room: RoomKind, notice: Notice) -> Parcel:
        facts = {"slot": one.slot.isoformat()}
        return self._notices.for_room(one.community, space, room, notice, facts)


def _calendars(
    held: list[CalmSlot],
) -> tuple[dict[tuple[Slots, datetime], bool], dict[tuple[Slots, datetime], datetime]]:
    """Whether it opens the week, and the slot after: once for all who keep the same calendar."""
    kept = {(one.slots, one.slot) for one in held}
    opens = {(slots, slot): slots.opens_week(slot) for slots, slot in kept}
    return opens, {(slots, slot): slots.after(slot) for slots, slot in kept}
