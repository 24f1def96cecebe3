"""nio's Olm machine, where it must be another: it knows what earlier processes handled, keeps no copy
by which we could read our own words, remembers nobody, and lets go of whoever is gone. No network.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from nio.crypto import InboundGroupSession, Olm, OlmDevice, OutboundGroupSession
from nio.events import MegolmEvent
from nio.exceptions import EncryptionError
from vodozemac import DecodeException, MegolmDecryptionException

from adapters.matrix.devices import Device
from adapters.matrix.store import Store


class Machine(Olm):  # type: ignore[misc]  # nio carries no types
    def __init__(self, store: Store) -> None:
        super().__init__(store.user_id, store.device_id, store)
        self._before = store.handled()
        self._latest: dict[str, dict[str, int]] = {}  #: room -> session -> index after the last
        self._handled: dict[str, int] = {}

    def message_index_ok(self, index: int, event: MegolmEvent) -> bool:
        """nio knows of a replay what this process has seen, but for the very same event once more; we
        know what those before it handled, and hear nothing twice."""
        known_before = index < self._before.get(event.session_id, 0)
        key = (event.sender_key, event.session_id, index)
        if (
            known_before
            or key in self.message_index_store
            or not super().message_index_ok(index, event)
        ):
            return False
        latest = self._latest.setdefault(event.room_id, {})
        latest[event.session_id] = max(index + 1, latest.get(event.session_id, 0))
        return True

    def opened(self, session: InboundGroupSession, event: MegolmEvent) -> Any:
        """As nio opens it, but for its schemas, which take longer than all the rest: what is needed
        of it whoever reads it looks at. Raises EncryptionError, ValueError."""
        try:
            words, index = session.decrypt(event.ciphertext)
        except (MegolmDecryptionException, DecodeException) as broken:
            raise EncryptionError from broken
        if not self.message_index_ok(index, event):
            raise EncryptionError
        return json.loads(words)

    def create_outbound_group_session(self, room_id: str) -> None:
        self.outbound_group_sessions[room_id] = OutboundGroupSession()

    def check_if_wedged(self, event: object) -> None:
        """Ours is ``Sharing.mend``."""

    def remember_nobody(self) -> None:
        """It notes whose message it opened, to ask for their keys, which others do."""
        self.users_for_key_query.clear()
        self.device_store._entries.clear()

    def knows(self, device: Device) -> bool:
        """Whether there is a way to write to this device."""
        return self.session_store.get(device.curve) is not None

    def sealed_for(self, device: Device, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        """For one device that it knows."""
        keys = {"curve25519": device.curve, "ed25519": device.ed}
        to = OlmDevice(device.user, device.id, keys)
        sealed: dict[str, Any] = self._olm_encrypt(
            self.session_store.get(device.curve), to, kind, content
        )
        return sealed

    def session_of(self, room: str, curve: str, id: str) -> InboundGroupSession | None:
        """The key of a room that a device gave us. Nobody is noted for being asked for, as the library
        does."""
        by: Mapping[str, Any] = self.inbound_group_store._entries.get(room, {})
        found: InboundGroupSession | None = by.get(curve, {}).get(id)
        return found

    def heard(self) -> set[str]:
        """The devices that gave us a key of theirs of some room."""
        rooms, there = self.inbound_group_store._entries, set[str]()
        for room, by in list(rooms.items()):  # it notes whoever it is asked for
            rooms[room] = defaultdict(dict, {curve: own for curve, own in by.items() if own})
            there.update(rooms[room])
            if not rooms[room]:
                del rooms[room]
        return there

    def handled(self, room: str) -> None:
        """All that was opened of this room until now."""
        self._handled |= self._latest.pop(room, {})

    def settle(self, today: date) -> None:
        """Write down what was handled."""
        handled, self._handled = self._handled, {}
        self.store.handle(handled, today)

    def forget(self, curves: Collection[str], rooms: Collection[str]) -> None:
        """All of these devices and rooms, in memory and in the store."""
        there = list(self.inbound_group_store)
        gone = {s.id for s in there if s.room_id in rooms or s.sender_key in curves}
        for room in rooms:
            self.outbound_group_sessions.pop(room, None)
            self._latest.pop(room, None)
            self.inbound_group_store._entries.pop(room, None)
        for curve in curves:
            self.session_store._entries.pop(curve, None)
            for by in self.inbound_group_store._entries.values():
                by.pop(curve, None)
        for noted in (self._before, self._handled, *self._latest.values()):
            for id in gone & noted.keys():
                del noted[id]
        for index in [one for one in self.message_index_store if one[1] in gone]:
            del self.message_index_store[index]
        self.store.forget(curves, rooms)

    def grow_old(self, today: date) -> None:
        """What was not used for eight days goes; what is written down nowhere stays as it is."""
        self.store.grow_old(today)
        there = self.session_store._entries
        unwritten = {curve: there[curve] for curve in there.keys() - self.store.near}
        self.load()
        self.session_store._entries.update(unwritten)
