"""Whose device a key is, and whose signature it bears: asked of the homeserver, kept in memory.

The homeserver is believed in nothing that a signature can tell: a device signs its own keys, and a
person's master key signs the device. Nothing of it is written down.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

from adapters.matrix.signing import is_signed, signed_by
from adapters.matrix.wire import Refusal, Wire


@dataclass(frozen=True, slots=True)
class Device:
    """One device of a user. ``curve`` and ``ed``: its public keys, in base64. ``proof``: the public
    master key by which it is signed, or "". ``added``: whether it is not, while another of the same
    user is: anybody may have added it."""

    user: str = field(repr=False)
    id: str = field(repr=False)
    curve: str = field(repr=False)
    ed: str = field(repr=False)
    proof: str = field(default="", repr=False)
    added: bool = field(default=False, repr=False)


class Devices:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._known: dict[str, tuple[Device, ...]] = {}

    async def of(self, user: str) -> tuple[Device, ...]:
        """All devices of a user, as the homeserver tells them now. Raises Refusal, Away."""
        found = await self.of_all([user])
        if user not in found:
            raise Refusal(HTTPStatus.BAD_GATEWAY, {})
        return found[user]

    async def of_all(self, users: Collection[str]) -> dict[str, tuple[Device, ...]]:
        """Likewise of each of these of whom anybody tells now: another homeserver than ours may be
        away. Raises Refusal, Away."""
        found = {user: self._known[user] for user in users if user in self._known}
        missing = [user for user in users if user not in found]
        if missing:
            asked: dict[str, list[str]] = {user: [] for user in missing}
            said = await self._wire.call("POST", "/keys/query", {"device_keys": asked})
            away = _inside(said, "failures")
            for user in missing:
                if user.partition(":")[2] not in away:
                    self._known[user] = found[user] = _judged(_read(user, said))
        return found

    async def whose(self, user: str, curve: str, ed: str) -> Device | None:
        """The user's device with these two keys; one we do not know may be new, and is asked for."""
        for known_already in (True, False):
            if not known_already:
                self.outdated([user])
            for one in await self.of(user):
                if (one.curve, one.ed) == (curve, ed):
                    return one
        return None

    def outdated(self, users: Iterable[str]) -> None:
        """Ask anew for these when they are needed next; nothing of them is kept."""
        for user in users:
            self._known.pop(user, None)

    def gone(self, curves: Collection[str]) -> None:
        """Nothing is kept of whose devices these are."""
        theirs = [
            user for user, own in self._known.items() if any(one.curve in curves for one in own)
        ]
        self.outdated(theirs)


def _read(user: str, said: Mapping[str, Any]) -> Iterable[Device]:
    """Those of the answer to /keys/query whose own signature holds."""
    keys = _inside(said, "device_keys", user)
    master, signing = _inside(said, "master_keys", user), _inside(said, "self_signing_keys", user)
    for id, device in keys.items():
        if not isinstance(device, dict) or not isinstance(device.get("keys"), dict):
            continue
        curve, ed = (device["keys"].get(f"{kind}:{id}") for kind in ("curve25519", "ed25519"))
        named_so = (device.get("user_id"), device.get("device_id")) == (user, id)
        whole = named_so and isinstance(curve, str) and isinstance(ed, str)
        if whole and is_signed(device, user, id, ed):
            yield Device(user, id, curve, ed, signed_by(user, device, master, signing))


def _judged(own: Iterable[Device]) -> tuple[Device, ...]:
    """One user's devices, once all of them are known."""
    there = tuple(own)
    signed = any(one.proof for one in there)
    return tuple(replace(one, added=signed and not one.proof) for one in there)


def _inside(said: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    for name in path:
        found = said.get(name)
        if not isinstance(found, dict):
            return {}
        said = found
    return said
