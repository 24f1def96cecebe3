"""Who gets a room's key: exactly the devices that are handed in, each over a session of its own.

Never whom a cache remembers, never who asks for it, and never in the open.
"""

from collections.abc import Collection, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from adapters.matrix.devices import Device
from adapters.matrix.machine import Machine
from adapters.matrix.signing import is_signed
from adapters.matrix.wire import Json, Refusal, Wire, at
from bot.ports import Chance

MENDED_EVERY = 3600.0  #: seconds between two new sessions with one device, as nio has it
ONE_TIME = "signed_curve25519"


class Sharing:
    """All of it raises Refusal, Away."""

    def __init__(self, wire: Wire, machine: Machine, chance: Chance) -> None:
        self._wire, self._machine, self._chance = wire, machine, chance
        self._mended: dict[str, float] = {}

    async def share(self, room: str, devices: Collection[Device]) -> None:
        """Until each of these has the key by which the room's next message is sealed, and nobody
        else: a new key where they are others than before. Who cannot be reached now gets it later,
        from there on. One at a time for each room."""
        session = self._machine.outbound_group_sessions.get(room)
        whole = session and session.shared and not session.expired
        if not whole or _who(session) != {one.curve for one in devices}:
            return await self._begin(room, devices)
        if session.users_ignored and _is_turn(session.message_count):
            late = [one for one in devices if one.curve in session.users_ignored]
            await self._hand(room, session, late)
        return None

    async def greet(self, devices: Collection[Device], *, anew: bool = False) -> None:
        """A fresh way to write to us for each device without one, or for each: what they would use
        otherwise may be one that we have forgotten."""
        strangers = [one for one in devices if anew or not self._machine.knows(one)]
        await self._tell(await self._meet(strangers), "m.dummy", {})

    async def mend(self, device: Device, now: float) -> None:
        """Begin anew with a device whose message could not be opened, once an hour at most. ``now``:
        seconds."""
        if now - self._mended.get(device.curve, -MENDED_EVERY) >= MENDED_EVERY:
            self._mended[device.curve] = now
            await self.greet([device], anew=True)

    def nears(self, devices: Collection[Device]) -> None:
        """They are somebody's who is alone with us, or about to be."""
        self._machine.store.near.update(one.curve for one in devices)

    def met(self) -> set[str]:
        """All devices, by their Curve25519 keys, to which there is a way or was one made anew."""
        return {*self._machine.session_store._entries, *self._mended}

    def there(self) -> set[str]:
        """Those that have a key of ours of some room, or gave us one of theirs."""
        ours = self._machine.outbound_group_sessions.values()
        return self._machine.heard().union(*(one.users_shared_with for one in ours))

    def forget(self, curves: Iterable[str]) -> None:
        for curve in curves:
            self._mended.pop(curve, None)

    async def _begin(self, room: str, devices: Collection[Device]) -> None:
        machine = self._machine
        if len({one.user for one in devices}) == 1:
            self.nears(devices)
        machine.create_outbound_group_session(room)
        session = machine.outbound_group_sessions[room]
        session.users_ignored = {one.curve for one in devices}
        await self._hand(room, session, devices)
        session.shared = True

    async def _hand(self, room: str, session: Any, devices: Collection[Device]) -> None:
        """The room's key, as it is now, to each of these that can be reached."""
        machine = self._machine
        try:
            await self._meet([one for one in devices if not machine.knows(one)])
        except Refusal as no:  # perhaps over one of them alone
            nobody = not session.users_shared_with and not any(map(machine.knows, devices))
            if nobody or no.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
        reached = [one for one in devices if machine.knows(one)]
        key = {
            "algorithm": machine._megolm_algorithm,
            "room_id": room,
            "session_id": session.id,
            "session_key": session.session_key,
        }
        await self._tell(reached, "m.room_key", key)
        session.users_shared_with |= {one.curve for one in reached}
        session.users_ignored -= session.users_shared_with

    async def _meet(self, devices: Collection[Device]) -> list[Device]:
        """Claim a one-time key of each: those with whom there is a session now."""
        if not devices:
            return []
        claim: dict[str, dict[str, str]] = {}
        for one in devices:
            claim.setdefault(one.user, {})[one.id] = ONE_TIME
        said = await self._wire.call("POST", "/keys/claim", {"one_time_keys": claim})
        return [one for one in devices if self._met(one, said.get("one_time_keys", {}))]

    def _met(self, device: Device, keys: Mapping[str, Any]) -> bool:
        try:
            (key,) = keys[device.user][device.id].values()
            if not is_signed(key, device.user, device.id, device.ed):
                return False
            self._machine.create_session(key["key"], device.curve)
        except (LookupError, TypeError, ValueError, AttributeError):  # none left, or no key at all
            return False
        return True

    async def _tell(self, devices: Iterable[Device], kind: str, content: Json) -> None:
        """To each device, sealed for it alone."""
        messages: dict[str, dict[str, Json]] = {}
        for one in devices:
            sealed = self._machine.sealed_for(one, kind, content)
            messages.setdefault(one.user, {})[one.id] = sealed
        if messages:
            path = at("/sendToDevice/m.room.encrypted/{}", self._chance.bytes(16).hex())
            await self._wire.call("PUT", path, {"messages": messages})


def _is_turn(messages: int) -> bool:
    """Whether who could not be reached is tried again: at the next message, and then ever more
    seldom, for some never can be."""
    return messages > 0 and messages & (messages - 1) == 0


def _who(session: Any) -> set[str]:
    """For whose devices it was begun, by their Curve25519 keys: who got it, and who could not."""
    who: set[str] = session.users_shared_with | session.users_ignored
    return who
