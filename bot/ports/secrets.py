"""The key store and the vault: what opens sealed rows, kept apart from them."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import NewType, Protocol

from bot.domain.communities import CommunityId
from bot.ports.memory import Stored

Key = NewType("Key", bytes)  #: 32 bytes; a community's stays in memory, others for one request.
Wrapped = NewType("Wrapped", bytes)  #: a Key under the key-encryption key from a file.


class Keys(Protocol):
    """Case keys and drafts. Destroying a key shreds its case; a tombstone stays in its place.
    A poll's comments have a key among those of cases, with the poll's id for both its names."""

    async def make(self, id: str, waiting: str, wrapped: Wrapped) -> Wrapped | None:
        """Keep a key, or leave the one that is there, and say which it is. None when it was
        destroyed: never again.

        A key has two names: ``waiting`` is what rows that wait call it, ``id`` what its released
        case does, so that without this store nobody can lay the one beside the other. Everything
        below takes either.
        """

    async def get(self, names: Collection[str]) -> dict[str, tuple[str, Wrapped]]:
        """By name: the key's id and the key. Destroyed ones are missing."""

    async def destroy(self, ids: Collection[str], on: datetime) -> None:
        """Destroy keys, leave tombstones dated to the slot ``on``, and scrub the file."""

    async def destroyed(self, names: Collection[str]) -> set[str]:
        """Those that were destroyed, not merely missing."""

    async def settle(self, ids: Collection[str]) -> None:
        """These keys protect a row: they are no longer looked at as strays."""

    async def unsettled(self) -> dict[str, tuple[str, datetime | None]]:
        """Keys not yet seen beside a row: by id, their other name and the slot at which no row
        was first found."""

    async def missed(self, ids: Collection[str], slot: datetime) -> None: ...

    async def keep_draft(self, id: bytes, sealed: bytes, until: datetime) -> None:
        """Keep or replace a draft."""

    async def draft(self, id: bytes, now: datetime) -> bytes | None: ...

    async def drop_draft(self, id: bytes) -> None: ...

    async def drop_drafts(self, now: datetime) -> None:
        """Forget all whose time is over."""

    async def daily(self, day: date, wrapped: Wrapped) -> Wrapped:
        """The day's key for redelivery marks: the one that is there, else this one."""

    async def forget_daily(self, before: date) -> None:
        """Destroy the keys of the days before, and scrub the file."""

    # Communities: one key each, for all that their staff agreed to have kept. Nothing but
    # ``destroy_community`` takes one away; tombstones are those of cases.

    async def communities(self, ids: Collection[CommunityId]) -> dict[CommunityId, Wrapped]:
        """Those that have a key."""

    async def make_communities(
        self, offered: Mapping[CommunityId, Wrapped]
    ) -> dict[CommunityId, Wrapped]:
        """The key of each: the one that is there, else the one offered. One that was destroyed is
        missing, and never made again."""

    async def keep_home(self, mark: bytes, id: CommunityId) -> None:
        """An account of staff, by its keyed hash, serves in this community; before its row is kept.
        It lies here so that no copy of the database tells it once the community is forgotten."""

    async def homes(self) -> dict[bytes, set[CommunityId]]:
        """Where each of them may serve. All are told: to ask for one would name whoever asks."""

    async def drop_home(self, mark: bytes, id: CommunityId) -> None: ...

    async def destroy_community(self, id: CommunityId, on: datetime) -> None:
        """Destroy its key, leave a tombstone dated ``on``, and scrub the file."""

    # Polls: one key each, from which the pepper of its tags and the secret of its ballots are made.
    # In no backup; destroyed at the close.

    async def make_poll(self, id: str, wrapped: Wrapped) -> None:
        """Keep a poll's key, before the row it is for."""

    async def poll(self, id: str) -> Wrapped | None: ...

    async def polls(self) -> dict[str, datetime | None]:
        """The polls whose keys are kept, with the moment at which no open poll was first found."""

    async def missed_polls(self, ids: Collection[str], at: datetime) -> None: ...

    async def destroy_polls(self, ids: Collection[str]) -> None:
        """And scrub the file."""

    async def stored(self, key: str) -> "Stored":
        """The row of one case's key."""


class BadSeal(Exception):
    """A row was changed, moved, or sealed under another key. Names the column, no row."""


class Vault(Protocol):
    """Key files and ciphers. Keeps no rows; never says a key."""

    def new_key(self) -> Key: ...

    def wrap(self, id: str, key: Key, table: str = "case_keys") -> Wrapped:
        """Opens only as the row ``id`` of ``table``: a poll's key is of ``poll_keys``, a community's
        of ``community_keys``."""

    def unwrap(self, id: str, wrapped: Wrapped, table: str = "case_keys") -> Key:
        """Raises BadSeal."""

    def seal(self, key: Key, place: str, words: bytes) -> bytes:
        """Authenticated and padded; opens only under the same ``place`` (table, column, row)."""

    def open(self, key: Key, place: str, sealed: bytes) -> bytes:
        """Raises BadSeal."""

    def seal_staff(self, key: Key, place: str, words: str) -> bytes:
        """For what staff agreed to have kept; ``key``: their community's."""

    def open_staff(self, key: Key, place: str, sealed: bytes) -> str:
        """Also what was sealed under a key file, before communities had keys. Raises BadSeal."""

    def staff_mark(self, key: Key, kind: str, *parts: str) -> bytes:
        """A keyed hash of an account of staff or an address, under their community's key: once it
        is destroyed, nobody can try accounts against it. Never for a worker's."""

    def mark(self, kind: str, *parts: str) -> bytes:
        """A keyed hash by which a space is found, or whom an offer is for. Never for a worker's."""

    def lookups(self, receipt: str) -> list[bytes]:
        """The keyed hashes a receipt may be found by: one per pepper epoch, today's first."""

    def waiting_lookups(self, receipt: str) -> list[bytes]:
        """The same while its case waits: others, so that a row that waited cannot be laid beside
        the case it became."""

    def draft(self, token: str) -> tuple[bytes, Key]:
        """The id and the key of a draft, both made from its token alone."""

    def event_mark(self, key: Key, event: str) -> bytes:
        """A keyed hash of a platform's event, under a key that is destroyed after a day."""

    def ballot_pepper(self, key: Key) -> Key:
        """What tags are made under, from the poll's key. It opens no ballot."""

    def ballot_tag(self, pepper: Key, platform: str, account: str) -> bytes:
        """16 bytes by which one person's ballot in one poll is found."""

    def ballot_public_key(self, key: Key) -> bytes:
        """What ballots are sealed to; its secret is made from the poll's key."""

    def seal_ballot(self, public_key: bytes, words: bytes) -> bytes:
        """A sealed box (libsodium's crypto_box_seal): whoever sealed it cannot open it again."""

    def open_ballot(self, key: Key, sealed: bytes) -> bytes:
        """Raises BadSeal."""
