"""Seals: what staff agreed to have kept lies under a key of their community's own.

So a community can be forgotten, also in copies of the database: its key goes. A key is made before
the first row it protects, is loaded once and then remembered by the process. Knows no rows.
"""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field

from bot.domain.communities import CommunityId
from bot.domain.errors import NoCommunity
from bot.ports import BadSeal, Key, Keys, Vault, Wrapped

TABLE = "community_keys"


@dataclass(frozen=True, slots=True)
class Seal:
    """One community's."""

    _vault: Vault
    _key: Key = field(repr=False)

    def seal(self, place: str, words: str) -> bytes:
        """``place``: table, column and row, as ``staff.sealed_name/<id>``."""
        return self._vault.seal_staff(self._key, place, words)

    def open(self, place: str, sealed: bytes) -> str:
        """Raises BadSeal."""
        return self._vault.open_staff(self._key, place, sealed)

    def mark(self, kind: str, *parts: str) -> bytes:
        """A keyed hash of an account or address, which means nothing in another community."""
        return self._vault.staff_mark(self._key, kind, *parts)


class Seals:
    def __init__(self, keys: Keys, vault: Vault) -> None:
        self._keys, self._vault = keys, vault
        self._known: dict[CommunityId, Seal] = {}

    async def of(self, id: CommunityId) -> Seal:
        """Raises NoCommunity: it was forgotten. Raises BadSeal: its key is damaged."""
        if (known := self._known.get(id)) is None:
            if (wrapped := (await self._kept([id])).get(id)) is None:
                raise NoCommunity
            known = self._remember(id, wrapped)
        return known

    async def of_all(self, ids: Collection[CommunityId]) -> dict[CommunityId, Seal]:
        """Those of many, in as many trips as for one; whose key was destroyed or is damaged is
        missing."""
        if new := [id for id in ids if id not in self._known]:
            for id, wrapped in (await self._kept(new)).items():
                with suppress(BadSeal):
                    self._remember(id, wrapped)
        return {id: self._known[id] for id in ids if id in self._known}

    def remembered(self) -> set[CommunityId]:
        """Whose keys are in this process's memory."""
        return set(self._known)

    def forget(self, id: CommunityId) -> None:
        """Its key leaves this process's memory."""
        self._known.pop(id, None)

    def _remember(self, id: CommunityId, wrapped: Wrapped) -> Seal:
        seal = Seal(self._vault, self._vault.unwrap(id, wrapped, TABLE))
        return self._known.setdefault(id, seal)

    async def _kept(self, ids: Collection[CommunityId]) -> dict[CommunityId, Wrapped]:
        """Also of communities that were founded before they had keys."""
        kept = await self._keys.communities(ids)
        missing = [id for id in ids if id not in kept]
        if not missing:
            return kept
        drawn = {id: self._vault.wrap(id, self._vault.new_key(), TABLE) for id in missing}
        return kept | await self._keys.make_communities(drawn)
