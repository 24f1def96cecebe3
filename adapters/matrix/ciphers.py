"""What is sealed for the devices in a room, and what is opened: nio's Olm machine, and no more of nio.

Keys are shared with exactly the devices that are handed in, never with whom a cache remembers, and
requests for keys are never answered. What was opened is told with the keys it came under; whose they
are is for ``devices.py`` to say.
"""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any

from nio.crypto import Olm, OlmDevice, OutboundGroupSession
from nio.events import MegolmEvent, OlmEvent, ToDeviceEvent
from nio.exceptions import EncryptionError
from nio.responses import KeysUploadResponse

from adapters.matrix.devices import Device
from adapters.matrix.signing import is_signed
from adapters.matrix.store import FALLBACK, STALE, Store
from adapters.matrix.wire import Json, Refusal, Wire, at
from bot.ports import Chance

FALLBACK_LASTS = timedelta(days=7)
MENDED_EVERY = 3600.0  #: seconds between two new sessions with one device, as nio has it
_SIGNED = "signed_curve25519"


class Unreadable(Exception):
    """It cannot be opened: we never had its key, or it was changed on the way."""


class Stale(Exception):
    """The store is an old copy, as from a backup: the homeserver has keys of ours that are not in
    it. From now on it counts as lost, and whoever opens a session gets a new device."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An event of a room as it was before it was sealed, and the keys of the device that did."""

    kind: str
    content: Mapping[str, Any] = field(repr=False)
    curve: str = field(repr=False)
    ed: str = field(repr=False)


class _Machine(Olm):  # type: ignore[misc]
    """``before``: by session, what was handled before this process began. ``latest``: by room and
    session, the index after the last message that was opened."""

    def __init__(self, store: Store) -> None:
        super().__init__(store.user_id, store.device_id, store)
        self.before = store.handled()
        self.latest: dict[str, dict[str, int]] = {}

    def message_index_ok(self, index: int, event: MegolmEvent) -> bool:
        """nio knows of a replay what this process has seen; we know what those before it handled."""
        if index < self.before.get(event.session_id, 0) or not super().message_index_ok(
            index, event
        ):
            return False
        latest = self.latest.setdefault(event.room_id, {})
        latest[event.session_id] = max(index + 1, latest.get(event.session_id, 0))
        return True

    def create_outbound_group_session(self, room_id: str) -> None:
        """Without a copy by which we could read our own words again."""
        self.outbound_group_sessions[room_id] = OutboundGroupSession()

    def check_if_wedged(self, event: object) -> None:
        """Ours is ``Ciphers.mended``: nio's would remember whoever sent it."""


class Ciphers:
    def __init__(self, wire: Wire, store: Store, chance: Chance) -> None:
        self._wire, self._store, self._chance = wire, store, chance
        self._olm = _Machine(store)
        self._handled: dict[str, int] = {}
        self._mended: dict[str, float] = {}
        self._unused_fallback = True

    @property
    def device_keys(self) -> Json:
        """Our device as it is uploaded, signed by itself."""
        olm, keys = self._olm, self._olm.account.identity_keys
        device = {
            "algorithms": list(olm._algorithms),
            "device_id": olm.device_id,
            "user_id": olm.user_id,
            "keys": {f"{kind}:{olm.device_id}": keys[kind] for kind in ("curve25519", "ed25519")},
        }
        return self._self_signed(device)

    # What comes ------------------------------------------------------------------------------

    def counted(self, one_time_keys: int, unused_fallback: bool) -> None:
        """What the homeserver still has of ours to give away."""
        self._olm.uploaded_key_count = one_time_keys
        self._unused_fallback = unused_fallback

    def received(self, said: Any) -> tuple[str, str] | None:
        """A message to our device. Keys in it are kept at once. Of one that cannot be opened: the
        user it says it is from, and the Curve25519 key."""
        event = ToDeviceEvent.parse_event(said) if isinstance(said, dict) else None
        own = self._olm.account.identity_keys["curve25519"]
        if not isinstance(event, OlmEvent) or own not in event.ciphertext:
            return None
        with suppress(
            ValueError, LookupError, TypeError, AttributeError
        ):  # also all of vodozemac's
            if self._olm.decrypt_event(event) is not None:
                return None
        return event.sender, event.sender_key

    def opened(self, room: str, said: Mapping[str, Any]) -> Opened:
        """Raises Unreadable."""
        event = MegolmEvent.from_dict(dict(said))
        if not isinstance(event, MegolmEvent):
            raise Unreadable
        try:
            return self._opened(room, event)
        finally:  # it notes who said it, to ask for their keys
            self._olm.users_for_key_query.clear()
            self._olm.device_store._entries.clear()

    def _opened(self, room: str, event: MegolmEvent) -> Opened:
        with suppress(EncryptionError, ValueError, LookupError, TypeError, AttributeError):
            event.room_id = room
            session = self._olm.inbound_group_store.get(room, event.sender_key, event.session_id)
            found = self._olm.decrypt_megolm_event(event).source
            # The machine leaves it to us that words of one room are not said in another.
            if found["room_id"] == room and not session.forwarding_chain:
                return Opened(
                    str(found["type"]), found["content"], session.sender_key, session.ed25519
                )
        raise Unreadable

    def handled(self, room: str) -> None:
        """All that was opened of this room until now."""
        self._handled |= self._olm.latest.pop(room, {})

    def settle(self, today: date) -> None:
        """Write down what was handled: a host can bring it to nobody again, as something new."""
        handled, self._handled = self._handled, {}
        self._store.handle(handled, today)

    # What goes -------------------------------------------------------------------------------

    async def upload(self, today: date) -> None:
        """One-time keys where they run out, and a fallback key, a new one each week. Raises Stale,
        Refusal, Away."""
        olm, body = self._olm, Json()
        few = (olm.uploaded_key_count or 0) <= olm.account.max_one_time_keys // 2
        if olm.should_upload_keys and few:
            body = olm.share_keys()
        since = self._store.since(FALLBACK)
        if since is None or today - since >= FALLBACK_LASTS or self._is_used_up(since, today):
            olm.account._account.generate_fallback_key()
            body["fallback_keys"] = {
                f"{_SIGNED}:{id}": self._self_signed({"key": key.to_base64(), "fallback": True})
                for id, key in olm.account._account.fallback_key.items()
            }
        if not body:
            return
        olm.save_account()  # before anybody can use them
        try:
            said = await self._wire.call("POST", "/keys/upload", body)
        except Refusal as no:
            if no.status != HTTPStatus.BAD_REQUEST:
                raise
            self._store.note(STALE, today)
            raise Stale from no
        counts = said.get("one_time_key_counts", {})
        olm.handle_response(KeysUploadResponse(0, int(counts.get(_SIGNED, 0))))
        if "fallback_keys" in body:
            self._store.note(FALLBACK, today)
            self._unused_fallback = True

    async def sealed(
        self, room: str, devices: Collection[Device], kind: str, content: Mapping[str, Any]
    ) -> Json:
        """The content of an m.room.encrypted event, once every one of these devices has its key.
        One at a time for each room. Raises Refusal, Away."""
        session = self._olm.outbound_group_sessions.get(room)
        wanted = {(one.user, one.id) for one in devices}
        shared = session.users_shared_with | session.users_ignored if session else set()
        if session is None or session.expired or not session.shared or wanted != shared:
            await self._share(room, devices)
        plain = {"type": kind, "content": dict(content)}
        sealed: Json = self._olm.group_encrypt(room, plain)
        if "m.relates_to" in content:
            sealed["m.relates_to"] = content["m.relates_to"]
        return sealed

    async def greet(self, devices: Collection[Device], *, anew: bool = False) -> None:
        """A fresh way to write to us for each device without one, or for each: what they would use
        otherwise may be one that we have forgotten. Raises Refusal, Away."""
        strangers = [one for one in devices if anew or not self._olm.session_store.get(one.curve)]
        met = await self._meet(strangers)
        await self._tell(met, "m.dummy", {})

    async def mended(self, device: Device, now: float) -> None:
        """Begin anew with a device whose message could not be opened, once an hour at most. ``now``:
        seconds. Raises Refusal, Away."""
        if now - self._mended.get(device.curve, -MENDED_EVERY) >= MENDED_EVERY:
            self._mended[device.curve] = now
            await self.greet([device], anew=True)

    def forget(self, curves: Collection[str], rooms: Collection[str]) -> None:
        """All of these devices and rooms, in memory and in the store."""
        olm, sessions = self._olm, self._olm.inbound_group_store
        for room in rooms:
            olm.outbound_group_sessions.pop(room, None)
            gone = [id for by in sessions._entries.get(room, {}).values() for id in by]
            self._handled = {id: n for id, n in self._handled.items() if id not in gone}
            olm.latest.pop(room, None)
            sessions._entries.pop(room, None)
        for curve in curves:
            olm.session_store._entries.pop(curve, None)
            self._mended.pop(curve, None)
            for room in sessions._entries.values():
                room.pop(curve, None)
        for index in [one for one in olm.message_index_store if one[0] in curves]:
            del olm.message_index_store[index]
        self._store.forget(curves, rooms)

    def grow_old(self, today: date) -> None:
        """What was not used for eight days goes."""
        self._store.grow_old(today)
        self._olm.load()

    def _is_used_up(self, since: date, today: date) -> bool:
        """The homeserver gave it away; a new one at most daily, that the old one may still arrive."""
        return not self._unused_fallback and since < today

    async def _share(self, room: str, devices: Collection[Device]) -> None:
        olm = self._olm
        olm.create_outbound_group_session(room)
        session = olm.outbound_group_sessions[room]
        await self._meet([one for one in devices if not olm.session_store.get(one.curve)])
        reached = [one for one in devices if olm.session_store.get(one.curve)]
        key = {
            "algorithm": olm._megolm_algorithm,
            "room_id": room,
            "session_id": session.id,
            "session_key": session.session_key,
        }
        await self._tell(reached, "m.room_key", key)
        session.users_shared_with = {(one.user, one.id) for one in reached}
        session.users_ignored = {(one.user, one.id) for one in devices if one not in reached}
        session.shared = True

    async def _meet(self, devices: Collection[Device]) -> list[Device]:
        """Claim a one-time key of each: those with whom there is a session now."""
        if not devices:
            return []
        claim: dict[str, dict[str, str]] = {}
        for one in devices:
            claim.setdefault(one.user, {})[one.id] = _SIGNED
        said = await self._wire.call("POST", "/keys/claim", {"one_time_keys": claim})
        return [one for one in devices if self._met(one, said.get("one_time_keys", {}))]

    def _met(self, device: Device, keys: Mapping[str, Any]) -> bool:
        try:
            (key,) = keys[device.user][device.id].values()
            if not is_signed(key, device.user, device.id, device.ed):
                return False
            self._olm.create_session(key["key"], device.curve)
        except (LookupError, TypeError, ValueError, AttributeError):  # none left, or no key at all
            return False
        return True

    async def _tell(self, devices: Iterable[Device], kind: str, content: Json) -> None:
        """To each device, sealed for it alone."""
        messages: dict[str, dict[str, Json]] = {}
        for one in devices:
            session = self._olm.session_store.get(one.curve)
            keys = {"curve25519": one.curve, "ed25519": one.ed}
            to = OlmDevice(one.user, one.id, keys)
            sealed = self._olm._olm_encrypt(session, to, kind, content)
            messages.setdefault(one.user, {})[one.id] = sealed
        if messages:
            path = at("/sendToDevice/m.room.encrypted/{}", self._chance.bytes(16).hex())
            await self._wire.call("PUT", path, {"messages": messages})

    def _self_signed(self, thing: Json) -> Json:
        olm = self._olm
        signature = olm.sign_json(thing)
        return thing | {"signatures": {olm.user_id: {f"ed25519:{olm.device_id}": signature}}}
