"""Case files: cases and entries as sealed rows, and back.

Every case has a key of its own, in the key store. A row is sealed under it, bound to its table,
column and id, so that no row can stand in for another. Whoever is not a reader is filtered here,
in memory: no index of readers exists.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from bot.domain.cases import Case, Entry, for_staff, shredded_on
from bot.domain.cases.escalation import deadline, next_deeds
from bot.domain.communities import (
    Community,
    CommunityId,
)
from bot.domain.grievances.intake import Waiting
from bot.ports import CaseRow, Chance, Dates, EntryRow, Key, Keys, Vault, Work
from bot.services.privacy.facts import case_facts, case_of, entry_facts, entry_of


class CaseFiles:
    def __init__(self, keys: Keys, vault: Vault, chance: Chance) -> None:
        self._keys, self._vault, self._chance = keys, vault, chance

    def new_id(self) -> str:
        """A random version 4 UUID, 32 hex digits: says neither order nor moment."""
        return UUID(bytes=self._chance.bytes(16), version=4).hex

    async def make_key(self, released: str, waiting: str) -> Key | None:
        """The key with these two names, made if it is not there; None when it was destroyed."""
        new = self._vault.new_key()
        offered = self._vault.wrap(released, new)
        there = await self._keys.make(released, waiting, offered)
        if there is None:
            return None
        return new if there == offered else self._vault.unwrap(released, there)

    async def open_keys(self, names: Iterable[str]) -> dict[str, Key]:
        return {name: key for name, (_, key) in (await self.open_named(names)).items()}

    async def open_named(self, names: Iterable[str]) -> dict[str, tuple[str, Key]]:
        """By name: what released rows call the key, and the key."""
        found = await self._keys.get(set(names))
        return {name: (id, self._vault.unwrap(id, key)) for name, (id, key) in found.items()}

    # To rows ------------------------------------------------------------------------------------

    def waiting_case(self, case: Case, key: Key) -> Waiting:
        sealed = self._seal(key, "waiting", case.id, case_facts(case))
        names = case.waiting
        return Waiting(case.id, case.community, case.release, names.lookup, names.key, sealed)

    async def file(self, work: Work, case: Case, key: Key, receipt: str) -> bool:
        """Let a new case wait. False where it does, or was released, or nobody is there any more."""
        return await work.grievances.file(*self._new(case, key, receipt))

    async def hold_and_file(self, work: Work, case: Case, key: Key, receipt: str) -> bool:
        """The same in one statement; False, too, where its slot has happened."""
        return await work.grievances.hold_and_file(*self._new(case, key, receipt))

    def _new(
        self, case: Case, key: Key, receipt: str
    ) -> tuple[Waiting, Sequence[bytes], Sequence[bytes]]:
        lookups = self._vault.waiting_lookups(receipt), self._vault.lookups(receipt)
        return self.waiting_case(case, key), *lookups

    def waiting_entry(self, case: Case, entry: Entry, key: Key) -> Waiting:
        sealed = self._seal(key, "waiting", entry.id, entry_facts(entry))
        return Waiting(entry.id, case.community, entry.crosses, None, case.waiting.key, sealed)

    def case_row(self, case: Case, community: Community, key: Key) -> CaseRow:
        found = dates(case, community, case.release)
        return CaseRow(
            id=case.id,
            number=case.number,
            community=case.community,
            lookup=case.names.lookup,
            key=case.key,
            release=case.release,
            due=found.due,
            look=found.look,
            gone=found.gone,
            live=found.live,
            sealed=self._seal(key, "cases", case.id, case_facts(case)),
        )

    def entry_row(self, case: Case, entry: Entry, key: Key) -> EntryRow:
        """Under an id of its own: what was drawn for the entry lies sealed in it."""
        id = self.new_id()
        return EntryRow(id, case.id, self._seal(key, "entries", id, entry_facts(entry)))

    # From rows ----------------------------------------------------------------------------------

    async def find(
        self, work: Work, community: CommunityId, receipt: str
    ) -> tuple[Case, Key] | None:
        """The case a receipt opens, waiting or released, with all that was said in it. In any other
        community than its own it is a receipt that never was, found out by the same look.

        Looked for where it waits first: a slot that is committed in between moves it on.
        """
        waits = await work.grievances.found(community, self._vault.waiting_lookups(receipt))
        if waits is not None and (key := (await self.open_keys([waits.key])).get(waits.key)):
            return self.open_waiting(waits, await work.grievances.said(waits.key), key), key
        row = await work.cases.found(community, self._vault.lookups(receipt))
        if row is None or not (key := (await self.open_keys([row.key])).get(row.key)):
            return None
        case = self.open_case(row, await work.cases.entries([row.id]), key)
        waits_too = self._waiting_entries(await work.grievances.said(case.waiting.key), key)
        return replace(case, entries=_in_turn([*case.entries, *waits_too])), key

    def lookups(self, receipt: str) -> tuple[bytes, bytes]:
        """The keyed hashes a case is found by: while it waits, and from its release on."""
        return self._vault.waiting_lookups(receipt)[0], self._vault.lookups(receipt)[0]

    def open_waiting(self, row: Waiting, said: Sequence[Waiting], key: Key) -> Case:
        return case_of(
            self._open(key, "waiting", row.id, row.sealed),
            id=row.id,
            community=row.community,
            release=row.slot,
            entries=self._waiting_entries(said, key),
        )

    def open_case(self, row: CaseRow, entries: Sequence[EntryRow], key: Key) -> Case:
        said = [entry_of(self._open(key, "entries", e.id, e.sealed)) for e in entries]
        return case_of(
            self._open(key, "cases", row.id, row.sealed),
            id=row.id,
            community=row.community,
            release=row.release,
            number=row.number,
            entries=_in_turn(said),
        )

    def open_entry(self, row: Waiting, key: Key) -> Entry:
        return entry_of(self._open(key, "waiting", row.id, row.sealed))

    def _waiting_entries(self, rows: Sequence[Waiting], key: Key) -> tuple[Entry, ...]:
        return _in_turn(self.open_entry(row, key) for row in rows)

    def _seal(self, key: Key, table: str, id: str, facts: dict[str, Any]) -> bytes:
        return self._vault.seal(
            key, f"{table}.sealed/{id}", json.dumps(facts, ensure_ascii=False).encode()
        )

    def _open(self, key: Key, table: str, id: str, sealed: bytes) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads(self._vault.open(key, f"{table}.sealed/{id}", sealed))
        return facts


def dates(case: Case, community: Community, now: datetime) -> Dates:
    """What the lists and the clock must find without opening the case, as it stands at ``now``."""
    last = max((entry.crosses for entry in case.entries), default=case.release)
    view = for_staff(case, community, max(last, case.release))
    coming = next_deeds(case, community, max(now, case.release))
    return Dates(
        due=deadline(case, community, max(now, case.release)),
        look=coming[0] if coming else None,
        gone=shredded_on(case, community, last),
        live=not view.state.over,
    )


def _in_turn(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: entry.turn))
