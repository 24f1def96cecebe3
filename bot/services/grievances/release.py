"""The slot: whatever reporters said since the last one crosses, shuffled, under new ids.

What waited is rewritten, not moved, so that neither ids nor the order of pages or transactions
tell in which order it came (privacy rules 1 and 3). The claim of the slot and its whole effect
commit together; a second process finds nothing to do.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from bot.domain.cases import NUMBER_ALPHABET, NUMBER_LENGTH, Case, Entry, Kind, for_staff, is_for
from bot.domain.communities import Community, CommunityId, RoomKind, Space, Staff, StaffId, Trust
from bot.domain.grievances.intake import Waiting
from bot.domain.grievances.release import InLine, line_of, released
from bot.ports import Chance, Clock, Key, Keys, Log, Noted, OpenWork, Parcel, Work
from bot.services.communities import Communities
from bot.services.privacy.retention import Retention
from bot.services.privacy.sealing import CaseFiles, dates

Opened = tuple[Case, Key]
Notices = set[tuple[StaffId, str, str]]  #: whom to tell, which sentence, by when


class Release:
    def __init__(
        self,
        open_work: OpenWork,
        communities: Communities,
        files: CaseFiles,
        keys: Keys,
        retention: Retention,
        clock: Clock,
        chance: Chance,
        log: Log,
    ) -> None:
        self._open_work, self._communities = open_work, communities
        self._files, self._keys, self._retention = files, keys, retention
        self._clock, self._chance, self._log = clock, chance, log

    async def due(self) -> None:
        """Let every slot that has come happen, in order, for every community."""
        now = self._clock.now()
        async with self._open_work() as work:
            waiting = await work.communities.due(now)
        happened: list[datetime] = []
        for id in waiting:
            while (slot := await self._happen(id, now)) is not None:
                happened.append(slot)
                self._log.note(Noted.SLOT, period=slot.isoformat())
        if happened:  # one look, also where several slots are made up for at once
            await self._retention.look_for_strays(max(happened))

    async def at_once(self, work: Work, community: Community, case: Case, key: Key) -> None:
        """An urgent case crosses now, in the transaction that keeps it."""
        notices: Notices = set()
        await self._release_case(work, community, case, key, notices)
        await self._say(work, community, notices)

    async def say_at_once(
        self, work: Work, community: Community, opened: Opened, entry: Entry
    ) -> None:
        """An entry of an urgent case crosses now."""
        case, key = opened
        notices: Notices = set()
        await self._add_entries(work, community, case, key, [entry], notices)
        await self._say(work, community, notices)

    async def _happen(self, id: CommunityId, now: datetime) -> datetime | None:
        """The community's next slot, if it has come: claimed and done in one transaction."""
        async with self._open_work() as work:
            await work.communities.hold(id, alone=True)
            slot = await work.communities.next_slot_of(id)
            if slot is None or slot > now:
                return None
            community = await self._communities.load(work, id)
            await work.communities.set_next_slot(id, community.slots.after(slot))
            if await work.ledger.claim("slot", id, slot.isoformat()):
                await self._cross(work, community, slot)
                await self._retention.shred_expired(work, id, slot)
                await self._say_slot(work, community, slot)
        return slot

    async def _cross(self, work: Work, community: Community, slot: datetime) -> None:
        rows = self._chance.shuffled(await work.grievances.due(community.id, slot))
        keys = await self._files.open_named(row.key for row in rows)
        missing = {row.key for row in rows} - keys.keys()
        gone = await self._keys.destroyed(missing)
        if missing - gone:  # not destroyed: a key store that is not the one of this database
            self._log.note(Noted.WARNED, kind="key", place="waiting")
        crossed = [row.id for row in rows if row.key in gone]  # deleted by their reporter
        said: dict[str, list[Waiting]] = defaultdict(list)
        for row in rows:
            if row.lookup is None and row.key in keys:
                said[row.key].append(row)
        cases = [
            self._files.open_waiting(row, said.pop(row.key, []), keys[row.key][1])
            for row in rows
            if row.lookup is not None and row.key in keys
        ]
        now_released = _released(cases, slot)
        notices: Notices = set()
        for case in cases:
            key = keys[case.waiting.key][1]
            if case.id in now_released:
                await self._release_case(work, community, case, key, notices)
                crossed += [case.id, *(entry.id for entry in case.entries)]
            else:
                await self._put_off(work, community, case, key, slot)
        for name, entries in said.items():
            await self._enter(work, community, keys[name], entries, notices)
            crossed += [entry.id for entry in entries]
        await work.grievances.leave(crossed)
        await self._say(work, community, notices)

    async def _release_case(
        self, work: Work, community: Community, case: Case, key: Key, notices: Notices
    ) -> None:
        """The case under a new id and its released names, so that no copy made before its slot
        can be laid beside one made after."""
        new = replace(case, id=self._files.new_id(), number=await self._number(work))
        await work.cases.add(self._files.case_row(new, community, key))
        for entry in new.entries:
            await work.cases.add_entry(self._files.entry_row(new, entry, key))
        notices |= self._told(community, new, "case_waits")

    async def _put_off(
        self, work: Work, community: Community, case: Case, key: Key, slot: datetime
    ) -> None:
        later = replace(case, release=community.slots.after(slot))
        await work.grievances.put_off(self._files.waiting_case(later, key))
        for entry in case.entries:
            moved = replace(entry, crosses=later.release)
            await work.grievances.put_off(self._files.waiting_entry(later, moved, key))

    async def _enter(
        self,
        work: Work,
        community: Community,
        opened: tuple[str, Key],
        rows: list[Waiting],
        notices: Notices,
    ) -> None:
        """What was said about a released case becomes part of it, or its deletion happens."""
        key_id, key = opened
        row = await work.cases.with_key(key_id)
        if row is None:
            return
        said = [self._files.open_entry(one, key) for one in rows]
        if any(entry.kind is Kind.DELETE for entry in said):
            await self._keys.destroy([key_id], self._clock.now())
            await work.cases.remove(row.id)
            return
        case = self._files.open_case(row, await work.cases.entries([row.id]), key)
        await self._add_entries(work, community, case, key, _behind(case, said), notices)

    async def _add_entries(
        self,
        work: Work,
        community: Community,
        case: Case,
        key: Key,
        said: list[Entry],
        notices: Notices,
    ) -> None:
        for entry in said:
            await work.cases.add_entry(self._files.entry_row(case, entry, key))
        case = replace(case, entries=(*case.entries, *said))
        due, gone, live = dates(case, community)
        await work.cases.set_dates(case.id, due=due, gone=gone, live=live)
        notices |= self._told(community, case, "case_moved")

    def _told(self, community: Community, case: Case, notice: str) -> Notices:
        """Whom it concerns, and by when."""
        now = max(self._clock.now(), case.release)
        view = for_staff(case, community, now)
        if view.state.over:
            return set()
        by = view.promise.isoformat() if view.promise else ""
        people = _concerned(community, case, now)
        return {(one.id, notice if by else "case_moved", by) for one in people}

    async def _say(self, work: Work, community: Community, notices: Notices) -> None:
        """Each person alone, each sentence once: how many cases came is not told."""
        for person, notice, by in sorted(notices):
            facts = {"by": by} if by else {}
            id = self._files.new_id()
            await work.outbox.put(Parcel(id, community.id, notice, facts, staff=person))

    async def _say_slot(self, work: Work, community: Community, slot: datetime) -> None:
        """The fixed sentences in shared rooms, whether or not there is anything."""
        for space in community.spaces:
            if space.trust is not Trust.EMPLOYER_OWNED:
                await self._post(work, community, space, RoomKind.STAFF, slot)
            if community.slots.opens_week(slot):
                await self._post(work, community, space, RoomKind.BULLETIN, slot)

    async def _post(
        self, work: Work, community: Community, space: Space, room: RoomKind, slot: datetime
    ) -> None:
        if room in space.rooms:
            id, facts = self._files.new_id(), {"slot": slot.isoformat()}
            await work.outbox.put(
                Parcel(id, community.id, room.value, facts, space=space.id, room=room)
            )

    async def _number(self, work: Work) -> str:
        """A number that no other case has."""
        while True:
            drawn = self._chance.bytes(NUMBER_LENGTH * 2)
            pairs = (drawn[at] * 256 + drawn[at + 1] for at in range(0, len(drawn), 2))
            number = "".join(NUMBER_ALPHABET[pair % len(NUMBER_ALPHABET)] for pair in pairs)
            if not await work.cases.is_taken(number):
                return number


def _behind(case: Case, said: list[Entry]) -> list[Entry]:
    """What crosses now, in its order, behind all that staff did without having seen it: else an
    outcome that crosses at the same slot would have the last word, and nobody would read this."""
    first = case.next_turn()
    in_turn = sorted(said, key=lambda entry: entry.turn)
    return [replace(entry, turn=first + n) for n, entry in enumerate(in_turn)]


def _released(cases: Iterable[Case], slot: datetime) -> set[str]:
    """The ids of those released now, each line for itself."""
    lines: dict[str, list[InLine]] = defaultdict(list)
    for case in cases:
        lines[line_of(case.readers)].append(_in_line(case, slot))
    return {id for line in lines.values() for id in released(line)}


def _in_line(case: Case, slot: datetime) -> InLine:
    return InLine(case.id, case.over_cap, case.repeat, put_off=case.told < slot)


def _concerned(community: Community, case: Case, now: datetime) -> list[Staff]:
    """Whoever took the case; else who is on duty; else every rep among its readers."""
    readers = [one for one in community.staff if is_for(case, one, now)]
    took = {e.by for e in case.entries if e.kind in (Kind.ACKNOWLEDGE, Kind.ASK, Kind.REPLY)}
    on_duty = {one.id for one in community.hears(now)}
    for wanted in (took, on_duty):
        if some := [one for one in readers if one.id in wanted]:
            return some
    return readers
