"""The slot: whatever reporters said since the last one crosses, shuffled, under new ids.

What waited is rewritten, not moved, so that neither ids nor the order of pages or transactions
tell in which order it came (privacy rules 1 and 3). The claim of the slot and its whole effect
commit together; a second process finds nothing to do.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.cases import NUMBER_ALPHABET, NUMBER_LENGTH, Case, Entry, Kind, Why, for_staff
from bot.domain.cases.escalation import follows, stands, step_entry, told
from bot.domain.communities import Community, CommunityId, RoomKind
from bot.domain.grievances.intake import Waiting
from bot.domain.grievances.release import InLine, line_of, released
from bot.ports import (
    BadSeal,
    Chance,
    Clock,
    Key,
    Keys,
    Log,
    Noted,
    Notice,
    OpenWork,
    Work,
)
from bot.services.cases.climbing import Climbing
from bot.services.cases.telling import Telling
from bot.services.communities import Communities
from bot.services.grievances.calm import MISSED, CalmSlots, SlotLog
from bot.services.notices import Notices
from bot.services.privacy.audit import Audit
from bot.services.privacy.retention import Retention
from bot.services.privacy.sealing import CaseFiles, dates

Opened = tuple[Case, Key]
NEWS = frozenset({Kind.MESSAGE, Kind.NOT_URGENT})  #: what there is to look at
_BEFORE = timedelta(seconds=1)  #: moments are kept in whole seconds


class Release:
    def __init__(
        self,
        open_work: OpenWork,
        communities: Communities,
        files: CaseFiles,
        keys: Keys,
        climbing: Climbing,
        notices: Notices,
        audit: Audit,
        retention: Retention,
        clock: Clock,
        chance: Chance,
        log: Log,
    ) -> None:
        self._open_work, self._communities = open_work, communities
        self._files, self._keys, self._retention = files, keys, retention
        self._climbing, self._notices, self._audit = climbing, notices, audit
        self._slots = SlotLog(log)
        self._calm = CalmSlots(open_work, notices, audit, self._slots)
        self._clock, self._chance, self._log = clock, chance, log
        self._happened: datetime | None = (
            None  # the last slot that did, until strays are looked for
        )

    async def calm(self) -> None:
        """Let every calm slot that has come happen, for many communities at once."""
        if calm := await self._calm.due(self._clock.now()):
            self._came(calm)

    async def waiting(self) -> list[CommunityId]:
        """Communities whose slot has come and is not calm, or could not happen with others."""
        async with self._open_work() as work:
            return await work.communities.due(self._clock.now())

    async def happen(self, id: CommunityId) -> None:
        """Let every slot of a community that has come happen, in order."""
        now = self._clock.now()
        while (slot := await self._happen(id, now)) is not None:
            self._came(slot)
            self._slots.note(slot)

    async def look_for_strays(self) -> None:
        """After slots: one look, also where several were made up for at once."""
        if self._happened:
            await self._retention.look_for_strays(self._happened)
            self._happened = None

    def _came(self, slot: datetime) -> None:
        self._happened = max(slot, self._happened or slot)

    async def at_once(self, work: Work, community: Community, case: Case, key: Key) -> None:
        """An urgent case crosses now, in the transaction that keeps it."""
        telling = Telling()
        await self._release_case(work, community, case, key, telling)
        await telling.say(work, community, self._notices)

    async def say_at_once(
        self, work: Work, community: Community, opened: Opened, entry: Entry
    ) -> None:
        """An entry of an urgent case crosses now."""
        telling = Telling()
        case = await self._add_entries(work, community, opened, [entry], entry.crosses, telling)
        await work.cases.set_dates(case.id, dates(case, community, self._clock.now()))
        await telling.say(work, community, self._notices)

    async def _happen(self, id: CommunityId, now: datetime) -> datetime | None:
        """The community's next slot, if it has come: claimed and done in one transaction, behind
        all deadlines that came before it."""
        async with self._open_work() as work:
            await work.communities.hold(id, alone=True)
            slot = await work.communities.next_slot_of(id)
            if slot is None or slot > now:
                return None
            community = await self._communities.load(work, id)
            while await self._climbing.upto(work, community, slot - _BEFORE):
                pass
            await work.communities.set_next_slot(id, community.slots.after(slot))
            if await work.ledger.claim("slot", id, slot.isoformat()):
                if now - slot > MISSED:
                    await work.ledger.made_up_for("slot", slot.isoformat(), [id], now)
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
        cases = self._opened([row for row in rows if row.lookup is not None], said, keys)
        now_released, telling = _released(cases, slot), Telling()
        for case in cases:
            key = keys[case.waiting.key][1]
            if case.id in now_released:
                if case.release < slot:  # a clock was put back: that slot had happened already
                    case = _put_off(case, community, slot)
                await self._release_case(work, community, case, key, telling)
                crossed += [case.id, *(entry.id for entry in case.entries)]
            else:
                await self._put_off(work, community, case, key, slot)
        for name, entries in said.items():
            crossed += await self._enter(work, community, keys[name], entries, slot, telling)
        await work.grievances.leave(crossed)
        await telling.say(work, community, self._notices)

    def _opened(
        self,
        rows: list[Waiting],
        said: dict[str, list[Waiting]],
        keys: dict[str, tuple[str, Key]],
    ) -> list[Case]:
        """The cases that wait, with what was said about them, which leaves ``said``. One that
        cannot be opened stays where it is, and holds up nobody else."""
        found = []
        for row in rows:
            if row.key in keys:
                about = said.pop(row.key, [])
                try:
                    found.append(self._files.open_waiting(row, about, keys[row.key][1]))
                except BadSeal as bad:
                    self._log.note(Noted.WARNED, kind=type(bad).__name__, place=str(bad))
        return found

    async def _release_case(
        self, work: Work, community: Community, case: Case, key: Key, telling: Telling
    ) -> None:
        """The case under a new id and its released names, so that no copy made before its slot
        can be laid beside one made after."""
        new = replace(case, id=self._files.new_id(), number=await self._number(work))
        entry, stand = step_entry(
            new, community, case.release, 0, Why.RELEASED, self._files.new_id()
        )
        if (stand.step, stand.due) != (0, new.first_due):  # else it stands as it was told
            new = replace(new, entries=(replace(entry, turn=0), *new.entries))
        await work.cases.add(self._files.case_row(new, community, key))
        for entry in new.entries:
            await work.cases.add_entry(self._files.entry_row(new, entry, key))
        if not for_staff(new, community, max(self._clock.now(), case.release)).state.over:
            notice = Notice.CASE_WAITS if stand.due else Notice.CASE_NOBODY
            telling.add(new, stand.people, notice, stand.due)

    async def _put_off(
        self, work: Work, community: Community, case: Case, key: Key, slot: datetime
    ) -> None:
        """To the next slot."""
        later = _put_off(case, community, community.slots.after(slot))
        await work.grievances.put_off(self._files.waiting_case(later, key))
        for entry in later.entries:
            await work.grievances.put_off(self._files.waiting_entry(later, entry, key))

    async def _enter(
        self,
        work: Work,
        community: Community,
        named: tuple[str, Key],
        rows: list[Waiting],
        slot: datetime,
        telling: Telling,
    ) -> list[str]:
        """What was said about a released case becomes part of it, or its deletion happens. Gives
        the ids of the rows that are done with."""
        key_id, key = named
        done = [row.id for row in rows]
        row = await work.cases.with_key(key_id)
        if row is None:
            return done
        try:
            said = [self._files.open_entry(one, key) for one in rows]
            case = self._files.open_case(row, await work.cases.entries([row.id]), key)
        except BadSeal as bad:
            self._log.note(Noted.WARNED, kind=type(bad).__name__, place=str(bad))
            return []
        if any(entry.kind is Kind.DELETE for entry in said):
            await self._keys.destroy([key_id], self._clock.now())
            await work.cases.remove(row.id)
            return done
        said = _behind(case, said, slot)
        case = await self._add_entries(work, community, (case, key), said, slot, telling)
        # What the clock is to do at the slot itself comes behind it.
        await work.cases.set_dates(case.id, dates(case, community, slot - _BEFORE))
        return done

    async def _add_entries(
        self,
        work: Work,
        community: Community,
        opened: Opened,
        said: list[Entry],
        at: datetime,
        telling: Telling,
    ) -> Case:
        case, key = opened
        for entry in said:
            await work.cases.add_entry(self._files.entry_row(case, entry, key))
        case = replace(case, entries=(*case.entries, *said))
        agreed = {one for entry in said if entry.kind is Kind.AGREE for one in entry.people}
        new = [one for one in community.staff if one.id in agreed]
        telling.add(case, new, Notice.CASE_BROUGHT_IN)
        if found := follows(case, community, at, [entry.kind for entry in said]):
            return await self._climbing.step(work, community, case, key, (at, *found), telling)
        if any(entry.kind is Kind.WITHDRAW for entry in said):
            telling.add(case, told(case, community, at), Notice.CASE_WITHDRAWN)
        elif any(entry.kind in NEWS for entry in said):
            telling.add(case, told(case, community, at), Notice.CASE_MOVED)
        return case

    async def _say_slot(self, work: Work, community: Community, slot: datetime) -> None:
        """The fixed sentences in shared rooms, whether or not there is anything; once a week the
        bulletin, and the page of the audit chain."""
        facts = {"slot": slot.isoformat()}
        opens_week = community.slots.opens_week(slot)
        if opens_week:
            await self._audit.close_week(work, [community.id])
        for space in community.spaces:
            to = (work, community, space)
            await self._notices.to_room(*to, RoomKind.STAFF, Notice.STAFF, facts)
            if opens_week:
                await self._notices.to_room(*to, RoomKind.BULLETIN, Notice.BULLETIN, facts)

    async def _number(self, work: Work) -> str:
        """A number that no other case has."""
        while True:
            drawn = self._chance.bytes(NUMBER_LENGTH * 2)
            pairs = (drawn[at] * 256 + drawn[at + 1] for at in range(0, len(drawn), 2))
            number = "".join(NUMBER_ALPHABET[pair % len(NUMBER_ALPHABET)] for pair in pairs)
            if not await work.cases.is_taken(number):
                return number


def _behind(case: Case, said: list[Entry], slot: datetime) -> list[Entry]:
    """What crosses now, in its order, behind all that staff did without having seen it: else an
    outcome that crosses at the same slot would have the last word, and nobody would read this.

    Where a clock was put back, it was to cross at a slot that had happened already.
    """
    first = case.next_turn()
    in_turn = sorted(said, key=lambda entry: entry.turn)
    return [replace(entry, turn=first + n, crosses=slot) for n, entry in enumerate(in_turn)]


def _put_off(case: Case, community: Community, to: datetime) -> Case:
    """To a later slot, and promised anew from there: the one exception to promises."""
    moved = tuple(replace(entry, crosses=to) for entry in case.entries)
    promised = stands(case, community, to, 0).due
    return replace(case, release=to, promised=promised, entries=moved)


def _released(cases: Iterable[Case], slot: datetime) -> set[str]:
    """The ids of those released now, each line for itself."""
    lines: dict[str, list[InLine]] = defaultdict(list)
    for case in cases:
        lines[line_of(case.readers)].append(_in_line(case, slot))
    return {id for line in lines.values() for id in released(line)}


def _in_line(case: Case, slot: datetime) -> InLine:
    return InLine(case.id, case.over_cap, case.repeat, put_off=case.told < slot)
