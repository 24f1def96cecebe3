"""Case files: cases and entries as sealed rows, and back.

Every case has a key of its own, in the key store. A row is sealed under it, bound to its table,
column and id, so that no row can stand in for another. Whoever is not a reader is filtered here,
in memory: no index of readers exists.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from bot.domain.cases import Case, Entry, Kind, for_staff, shredded_on
from bot.domain.communities import MOST_STAFF, Community, StaffId
from bot.domain.grievances.intake import Grievance, Impact, Spread, Waiting
from bot.ports import CaseRow, Chance, EntryRow, Key, Keys, Vault, Work

_NOBODY = "0" * 32


class CaseFiles:
    def __init__(self, keys: Keys, vault: Vault, chance: Chance) -> None:
        self._keys, self._vault, self._chance = keys, vault, chance

    def new_id(self) -> str:
        """A random version 4 UUID, 32 hex digits: says neither order nor moment."""
        return UUID(bytes=self._chance.bytes(16), version=4).hex

    async def make_key(self, id: str) -> Key | None:
        """The case's key, made if it is not there; None when it was destroyed."""
        if not await self._keys.make(id, self._vault.wrap(id, self._vault.new_key())):
            return None
        return (await self.open_keys([id])).get(id)

    async def open_keys(self, ids: Iterable[str]) -> dict[str, Key]:
        wrapped = await self._keys.get(set(ids))
        return {id: self._vault.unwrap(id, key) for id, key in wrapped.items()}

    # To rows ------------------------------------------------------------------------------------

    def waiting_case(self, case: Case, key: Key, lookup: bytes) -> Waiting:
        """The row of a case that waits, found by a ``lookup`` of its own; the case's, by which it
        is found once it is released, lies sealed in it until then."""
        facts = {**_case_facts(case), "lookup": case.lookup.hex()}
        sealed = self._seal(key, "waiting", case.id, facts)
        return Waiting(case.id, case.community, case.release, None, lookup, case.key, sealed)

    def waiting_entry(self, case: Case, entry: Entry, key: Key) -> Waiting:
        sealed = self._seal(key, "waiting", entry.id, _entry_facts(entry))
        return Waiting(entry.id, case.community, entry.crosses, case.id, None, case.key, sealed)

    def case_row(self, case: Case, community: Community, key: Key) -> CaseRow:
        due, gone, live = dates(case, community)
        return CaseRow(
            id=case.id,
            number=case.number,
            community=case.community,
            lookup=case.lookup,
            key=case.key,
            release=case.release,
            due=due,
            gone=gone,
            live=live,
            sealed=self._seal(key, "cases", case.id, _case_facts(case)),
        )

    def entry_row(self, case: Case, entry: Entry, key: Key) -> EntryRow:
        return EntryRow(
            entry.id, case.id, self._seal(key, "entries", entry.id, _entry_facts(entry))
        )

    # From rows ----------------------------------------------------------------------------------

    async def find(self, work: Work, receipt: str) -> tuple[Case, Key] | None:
        """The case a receipt opens, waiting or released, with all that was said in it."""
        row: CaseRow | Waiting | None = await work.cases.found(self._vault.lookups(receipt))
        row = row or await work.grievances.found(self._vault.waiting_lookups(receipt))
        if row is None:
            return None
        key = (await self.open_keys([row.key])).get(row.key)
        if key is None:
            return None
        if isinstance(row, Waiting):
            return self.open_waiting(row, await work.grievances.about(row.id), key), key
        entries = await work.cases.entries([row.id])
        return self.open_case(row, entries, key, await work.grievances.about(row.id)), key

    def lookup(self, receipt: str) -> bytes:
        """The keyed hash a case is found by."""
        return self._vault.lookups(receipt)[0]

    def waiting_lookup(self, receipt: str) -> bytes:
        """The keyed hash it is found by until its slot."""
        return self._vault.waiting_lookups(receipt)[0]

    def open_waiting(self, row: Waiting, about: Sequence[Waiting], key: Key) -> Case:
        facts = self._open(key, "waiting", row.id, row.sealed)
        return _case(
            facts,
            id=row.id,
            community=row.community,
            key=row.key,
            lookup=bytes.fromhex(facts["lookup"]),
            release=row.slot,
            entries=self._waiting_entries(about, key),
        )

    def open_case(
        self, row: CaseRow, entries: Sequence[EntryRow], key: Key, about: Sequence[Waiting] = ()
    ) -> Case:
        said = [_entry(e.id, self._open(key, "entries", e.id, e.sealed)) for e in entries]
        return _case(
            self._open(key, "cases", row.id, row.sealed),
            id=row.id,
            community=row.community,
            key=row.key,
            lookup=row.lookup,
            release=row.release,
            number=row.number,
            entries=_in_turn([*said, *self._waiting_entries(about, key)]),
        )

    def open_entry(self, row: Waiting, key: Key) -> Entry:
        return _entry(row.id, self._open(key, "waiting", row.id, row.sealed))

    def _waiting_entries(self, rows: Sequence[Waiting], key: Key) -> tuple[Entry, ...]:
        return _in_turn(self.open_entry(row, key) for row in rows)

    def _seal(self, key: Key, table: str, id: str, facts: dict[str, Any]) -> bytes:
        return self._vault.seal(key, f"{table}.sealed/{id}", json.dumps(facts).encode())

    def _open(self, key: Key, table: str, id: str, sealed: bytes) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads(self._vault.open(key, f"{table}.sealed/{id}", sealed))
        return facts


def dates(case: Case, community: Community) -> tuple[datetime | None, datetime, bool]:
    """(due, gone, live): what the lists and the clock must find without opening the case."""
    last = max((entry.crosses for entry in case.entries), default=case.release)
    view = for_staff(case, community, max(last, case.release))
    return view.promise, shredded_on(case, community, last), not view.state.over


def _in_turn(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: entry.turn))


def _case_facts(case: Case) -> dict[str, Any]:
    filed = case.grievance
    return {
        "category": filed.category,
        "spread": filed.spread.value,
        "impact": filed.impact.value,
        "story": filed.story,
        "readers": _fixed(case.readers),
        "told": case.told.isoformat(),
        "urgent": case.urgent,
        "over_cap": case.over_cap,
        "repeat": case.repeat,
    }


def _case(facts: dict[str, Any], **known: Any) -> Case:
    return Case(
        grievance=Grievance(
            facts["category"], Spread(facts["spread"]), Impact(facts["impact"]), facts["story"]
        ),
        readers=_named(facts["readers"]),
        told=datetime.fromisoformat(facts["told"]),
        urgent=facts["urgent"],
        over_cap=facts["over_cap"],
        repeat=facts["repeat"],
        **known,
    )


def _entry_facts(entry: Entry) -> dict[str, Any]:
    return {
        "kind": entry.kind.value,
        "by": entry.by,
        "crosses": entry.crosses.isoformat(),
        "turn": entry.turn,
        "text": entry.text,
        "left_out": _fixed(entry.left_out),
    }


def _entry(id: str, facts: dict[str, Any]) -> Entry:
    return Entry(
        id=id,
        kind=Kind(facts["kind"]),
        by=facts["by"],
        crosses=datetime.fromisoformat(facts["crosses"]),
        turn=facts["turn"],
        text=facts["text"],
        left_out=_named(facts["left_out"]),
    )


def _fixed(people: frozenset[StaffId]) -> str:
    """People in one fixed size, so that the length never tells how many were left out."""
    return "".join([*sorted(people), *[_NOBODY] * (MOST_STAFF - len(people))])


def _named(fixed: str) -> frozenset[StaffId]:
    ids = (fixed[at : at + 32] for at in range(0, len(fixed), 32))
    return frozenset(StaffId(id) for id in ids if id != _NOBODY)
