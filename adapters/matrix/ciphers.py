"""What is sealed for the devices in a room, and what is opened; our keys, of which others need some.

Requests for keys are never answered. What was opened is told with the keys it came under; whose they
are is for ``devices.py`` to say.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any

from nio.events import MegolmEvent, OlmEvent, ToDeviceEvent
from nio.exceptions import EncryptionError
from nio.responses import KeysUploadResponse

from adapters.matrix.devices import Device
from adapters.matrix.events import is_id
from adapters.matrix.machine import Machine
from adapters.matrix.sharing import ONE_TIME, Sharing
from adapters.matrix.store import FALLBACK, OWED, STALE, Store
from adapters.matrix.wire import Json, Refusal, Wire
from bot.ports import Chance

FALLBACK_LASTS = timedelta(days=7)
FALLBACKS_KEPT = 2  #: by vodozemac: the last one, and the one before it
MOST_MISSED = 10_000  #: keys of which it was told already that they are missing
MEGOLM = "m.megolm.v1.aes-sha2"
IDLE = 1800.0  #: seconds, as long as any talk is remembered


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


class Ciphers:
    """``sharing``: who gets our keys."""

    def __init__(self, wire: Wire, store: Store, chance: Chance) -> None:
        self._wire, self._store = wire, store
        self._olm = Machine(store)
        self.sharing = Sharing(wire, self._olm, chance)
        self._missed: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._idle: dict[str, float] = {}  #: since when a device is in no room that we know of
        self._unused_fallback = True
        self._uploads = asyncio.Lock()

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

    def counted(self, one_time_keys: int, unused_fallback: bool) -> None:
        """What the homeserver still has of ours to give away."""
        self._olm.uploaded_key_count = one_time_keys
        self._unused_fallback = unused_fallback

    async def upload(self, today: date, *, renewed: bool = False) -> None:
        """One-time keys where they run out, and a fallback key, a new one each week. ``renewed``: also
        where something was forgotten since the last one, and then no older one opens anything: all
        that a host kept of it stays shut. Raises Stale, Refusal, Away."""
        async with self._uploads:
            await self._upload(today, renewed and self._store.since(OWED) is not None)

    async def _upload(self, today: date, renewed: bool) -> None:
        olm, body = self._olm, Json()
        few = (olm.uploaded_key_count or 0) <= olm.account.max_one_time_keys // 2
        if olm.should_upload_keys and few:
            body = olm.share_keys()
        weekly = self._needs_fallback(today)
        if renewed or weekly:
            body["fallback_keys"] = self._new_fallback(FALLBACKS_KEPT if renewed else 1)
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
        olm.handle_response(KeysUploadResponse(0, int(counts.get(ONE_TIME, 0))))
        if renewed:
            self._store.unnote(OWED)
        if weekly:  # else the day would tell of a talk
            self._store.note(FALLBACK, today)
        if "fallback_keys" in body:
            self._unused_fallback = True

    # What comes and goes ---------------------------------------------------------------------

    def received(self, said: Any) -> tuple[str, str] | None:
        """A message to our device. Keys in it are kept at once. Of one that cannot be opened: the
        user it says it is from, and the Curve25519 key."""
        event, own = None, self._olm.account.identity_keys["curve25519"]
        with suppress(*_BROKEN):
            event = ToDeviceEvent.parse_event(said) if isinstance(said, dict) else None
            if not isinstance(event, OlmEvent) or own not in event.ciphertext:
                return None
            if not (is_id(event.sender) and is_id(event.sender_key)):  # nio would remember them
                return None
            if self._olm.decrypt_event(event) is not None:
                return None
        return (event.sender, event.sender_key) if isinstance(event, OlmEvent) else None

    def opened(self, room: str, said: Mapping[str, Any]) -> Opened:
        """Raises Unreadable."""
        try:
            event = _sealed_in(room, said)
            session = self._olm.session_of(room, event.sender_key, event.session_id)
            if session is None:
                raise Unreadable
            found = self._olm.opened(session, event)
            # The machine leaves it to us that words of one room are not said in another.
            ours = found["room_id"] == room and not session.forwarding_chain
            if ours and isinstance(found["content"], dict):
                outside = {"m.relates_to": said["content"].get("m.relates_to")}
                content = (
                    found["content"]
                    if outside["m.relates_to"] is None
                    else outside | found["content"]
                )
                return Opened(str(found["type"]), content, session.sender_key, session.ed25519)
        except (EncryptionError, *_BROKEN):
            pass
        finally:
            self._olm.remember_nobody()
        raise Unreadable

    def misses(self, room: str, session: str, now: float) -> bool:
        """Whether the key of this session is missing for the first time in half an hour."""
        new = (room, session) not in self._missed
        self._missed.setdefault((room, session), now)
        if len(self._missed) > MOST_MISSED:
            self._missed.popitem(last=False)
        return new

    async def sealed(
        self, room: str, devices: Collection[Device], kind: str, content: Mapping[str, Any]
    ) -> Json:
        """The content of an m.room.encrypted event, once every one of these devices has its key.
        One at a time for each room. Raises Refusal, Away."""
        await self.sharing.share(room, devices)
        sealed: Json = self._olm.group_encrypt(room, {"type": kind, "content": dict(content)})
        if "m.relates_to" in content:
            sealed["m.relates_to"] = content["m.relates_to"]
        return sealed

    # What stays ------------------------------------------------------------------------------

    def handled(self, room: str) -> None:
        """All that was opened of this room until now."""
        self._olm.handled(room)

    def settle(self, today: date) -> None:
        """Write down what was handled: a host can bring it to nobody again, as something new."""
        self._olm.settle(today)

    def forget(self, curves: Collection[str], rooms: Collection[str]) -> None:
        """All of these devices (by their Curve25519 keys) and rooms, in memory and in the store."""
        self.sharing.forget(curves)
        self._olm.forget(curves, rooms)
        for curve in curves:
            self._idle.pop(curve, None)
        for missed in [one for one in self._missed if one[0] in rooms]:
            del self._missed[missed]

    def tidy(self, now: float) -> list[str]:
        """Forget devices that were met and are in no room with us: of somebody who wrote and did not
        come, or who deleted a device while we talked, so that nobody tells us of it any more. Gives
        those. And forget what was missing long ago."""
        alone = self.sharing.met() - self.sharing.there()
        self._idle = {curve: self._idle.get(curve, now) for curve in alone}
        gone = [curve for curve, since in self._idle.items() if now - since >= IDLE]
        if gone:
            self.forget(gone, ())
        for missed in [one for one, since in self._missed.items() if now - since >= IDLE]:
            del self._missed[missed]
        return gone

    def grow_old(self, today: date) -> None:
        """What was not used for eight days goes."""
        self._olm.grow_old(today)

    def _new_fallback(self, times: int) -> Json:
        """As it is uploaded. Those before it go, but for the last ones that are kept."""
        account = self._olm.account._account
        for _ in range(times):
            account.generate_fallback_key()
        return {
            f"{ONE_TIME}:{id}": self._self_signed({"key": key.to_base64(), "fallback": True})
            for id, key in account.fallback_key.items()
        }

    def _needs_fallback(self, today: date) -> bool:
        """Weekly; where it was given away already a new one daily, for the old may still be used."""
        since = self._store.since(FALLBACK)
        if since is None or today - since >= FALLBACK_LASTS:
            return True
        return not self._unused_fallback and since < today

    def _self_signed(self, thing: Json) -> Json:
        olm = self._olm
        signature = olm.sign_json(thing)
        return thing | {"signatures": {olm.user_id: {f"ed25519:{olm.device_id}": signature}}}


def _sealed_in(room: str, said: Mapping[str, Any]) -> MegolmEvent:
    """An event of a room as nio knows it. Raises Unreadable, LookupError."""
    content = said["content"]
    kind, words, curve, id = (
        content[name] for name in ("algorithm", "ciphertext", "sender_key", "session_id")
    )
    if kind != MEGOLM or not (isinstance(words, str) and is_id(curve) and is_id(id)):
        raise Unreadable
    event = MegolmEvent(dict(said), str(content.get("device_id")), words, kind, room)
    event.sender_key, event.session_id = curve, id
    return event


#: What nio, vodozemac and JSON raise over what is not as it should be.
_BROKEN = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    RecursionError,
)
