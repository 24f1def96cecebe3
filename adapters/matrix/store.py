"""The file that ciphers need: nio's SQLite store, for our user alone, emptied of whoever is gone.

No user's address is ever in it: whose device a key is, ``devices.py`` asks anew after each start.
What is in it while a talk lasts are keys of devices and the ids of rooms; ``forget`` takes those
away, to the byte. Never falls back to a store that is not ours: what cannot be opened is lost.
"""

import os
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

from nio.store import (
    Accounts,
    EncryptedRooms,
    MegolmInboundSessions,
    OlmSessions,
    OutgoingKeyRequests,
    SqliteStore,
)
from nio.store.models import IntegerField, Model, TextField
from peewee import DatabaseError

AGE = timedelta(days=8)  #: after which a session's keys go; clients begin a new one after seven
FALLBACK = "fallback key"
OWED = (
    "new keys for old"  #: what is noted where keys that were given out must open nothing any more
)
STALE = "an old copy"  #: what is noted of a store that the homeserver has gone beyond


class Days(Model):  # type: ignore[misc]  # peewee carries no types
    """Since which day (as ``date.toordinal``) something is there: nio's own tables do not say. Of a
    room's session, by its id: the index of its first message that was not handled yet."""

    what = TextField(primary_key=True)
    day = IntegerField()
    handled = IntegerField(default=0)


class Lost(Exception):
    """The store is not there, or not the one that belongs to this device and this key."""


class Store(SqliteStore):  # type: ignore[misc]  # nio carries none
    """Opened by ``opened``; the names of its models are what peewee makes tables of. ``near``: the
    devices (by their Curve25519 keys) of whoever is alone with us. What is only met in a room of many
    is not written down: whose talk has ended would be met there anew, and stand out by that day."""

    models = (*SqliteStore.models, Days)

    def __init__(self, *of: str) -> None:
        super().__init__(*of)
        with self.database.bind_ctx(self.models):
            self.near = {row.sender_key for row in OlmSessions.select()}
        self._noted: dict[
            str, date | None
        ] = {}  #: what is asked for at every answer of a homeserver

    def save_session(self, curve_key: str, session: object) -> None:
        if curve_key in self.near:
            super().save_session(curve_key, session)

    def forget(self, keys: Collection[str], rooms: Collection[str]) -> None:
        """All of these devices (by their Curve25519 keys, in base64) and of these rooms."""
        self.near.difference_update(keys)
        with self.database.bind_ctx(self.models), self.database.atomic():
            of_them = MegolmInboundSessions.sender_key.in_(list(keys))
            in_them = MegolmInboundSessions.room_id.in_(list(rooms))
            dropped = self._drop_sessions(of_them | in_them)
            dropped += OlmSessions.delete().where(OlmSessions.sender_key.in_(list(keys))).execute()
            for table in (EncryptedRooms, OutgoingKeyRequests):
                table.delete().where(table.room_id.in_(list(rooms))).execute()
        self._owe(dropped)

    def grow_old(self, today: date) -> None:
        """Note the day of what is new; forget what is older than AGE."""
        oldest = (today - AGE).toordinal()
        with self.database.bind_ctx(self.models), self.database.atomic():
            there = [row.session_id for row in MegolmInboundSessions.select()]
            for id in there:
                Days.insert(what=id, day=today.toordinal()).on_conflict_ignore().execute()
            gone = [row.what for row in Days.select().where(Days.day <= oldest)]
            dropped = self._drop_sessions(MegolmInboundSessions.session_id.in_(gone))
            last = datetime.fromordinal(oldest + 1)
            dropped += OlmSessions.delete().where(OlmSessions.last_usage_date < last).execute()
            # Whoever has nothing here any more is met again where they talk again.
            self.near &= {row.sender_key for row in OlmSessions.select()}
        self._owe(dropped)

    def since(self, what: str) -> date | None:
        if what not in self._noted:
            with self.database.bind_ctx(self.models):
                row = Days.get_or_none(Days.what == what)
            self._noted[what] = date.fromordinal(row.day) if row else None
        return self._noted[what]

    def handled(self) -> dict[str, int]:
        """By session: the index of its first message that was not handled yet."""
        with self.database.bind_ctx(self.models):
            return {row.what: row.handled for row in Days.select()}

    def handle(self, upto: Mapping[str, int], today: date) -> None:
        """All before these indexes, by session, was handled."""
        with self.database.bind_ctx(self.models), self.database.atomic():
            for id, index in upto.items():
                row = Days.insert(what=id, day=today.toordinal(), handled=index)
                newer = {Days.handled: index}
                row.on_conflict(conflict_target=[Days.what], update=newer).execute()

    def note(self, what: str, day: date) -> None:
        with self.database.bind_ctx(self.models):
            Days.replace(what=what, day=day.toordinal()).execute()
        self._noted[what] = day

    def unnote(self, what: str) -> None:
        with self.database.bind_ctx(self.models):
            Days.delete().where(Days.what == what).execute()
        self._noted[what] = None

    def close(self) -> None:
        self.database.close()

    def _owe(self, dropped: int) -> None:
        """What was dropped could be told to us again as new, by whoever kept it, for as long as the
        key is here to which it was sealed. No day stands beside this: it would be a talk's."""
        if dropped and not self.since(OWED):
            self.note(OWED, date.min)

    def _drop_sessions(self, which: object) -> int:
        """How many there were."""
        gone = [row.session_id for row in MegolmInboundSessions.select().where(which)]
        MegolmInboundSessions.delete().where(which).execute()
        Days.delete().where(Days.what.in_(gone)).execute()
        return len(gone)


def opened(file: Path, user: str, device: str, pickle: str) -> Store:
    """The store of this device. Raises Lost where it is not there, or is another's."""
    if not file.is_file():
        raise Lost
    try:
        store = _at(file, user, device, pickle)
        with store.database.bind_ctx(store.models):
            known = Accounts.get_or_none(
                (Accounts.user_id == user) & (Accounts.device_id == device)
            )
        if known is None or store.load_account() is None or store.since(STALE):
            store.close()
            raise Lost
    except (DatabaseError, ValueError):  # not SQLite; not pickled under this key
        raise Lost from None
    return store


def made(file: Path, user: str, device: str, pickle: str) -> Store:
    """A new store in place of any that is there, in a folder for its owner alone."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.parent.chmod(0o700)
    for old in file.parent.glob(f"{file.name}*"):
        old.unlink()
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # its journal is like it
    return _at(file, user, device, pickle)


def _at(file: Path, user: str, device: str, pickle: str) -> Store:
    return Store(user, device, str(file.parent), pickle, file.name)
