"""The only module that says anything: messages, pictures, redactions, rooms made, joined and left.

What is said to one person goes where nobody else is, looked at anew each time, and never in the
open: there is no way back to cleartext. The same ``txn`` again is said once. What goes wrong is told
as the postman knows it.
"""

import asyncio
import hashlib
import struct
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from weakref import WeakValueDictionary

from nio.crypto import encrypt_attachment

from adapters.matrix.devices import Device
from adapters.matrix.rooms import Rooms
from adapters.matrix.session import Session
from adapters.matrix.state import RoomState
from adapters.matrix.wire import Away, Json, Refusal, at
from bot.ports import InDoubt, Rejected, Undelivered, Unreachable

WAITS = 20.0  #: seconds in the queue, where the host wants us slower; the postman gives 30
REMEMBERS = timedelta(hours=23)  #: Synapse keeps transaction ids for a day
_ENCRYPTION = {
    "type": "m.room.encryption",
    "state_key": "",
    "content": {"algorithm": "m.megolm.v1.aes-sha2"},
}
NOT_ENCRYPTED = "the room is not encrypted, and what is to be said there may be read by nobody else"
TOO_LONG = "it is longer than the homeserver takes"
REFUSED = "the homeserver does not take it"


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG. ``alt``: the same in words."""

    png: bytes = field(repr=False)
    width: int
    height: int
    alt: str = field(repr=False)


def sized(png: bytes, alt: str) -> Picture:
    """A picture with its size, as a PNG tells it of itself."""
    width, height = struct.unpack(">II", png[16:24])
    return Picture(png, width, height, alt)


def txn_of(event: str, ordinal: int) -> str:
    """Of the n-th thing that is said to an event: the same again, whoever works it out."""
    return hashlib.sha256(f"{event}/{ordinal}".encode()).hexdigest()[:32]


class Sending:
    """All of it raises Undelivered, Rejected, InDoubt, Unreachable."""

    def __init__(self, session: Session, rooms: Rooms) -> None:
        self._session, self._rooms = session, rooms
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def say(
        self, room: str, content: Mapping[str, Any], txn: str, *, to: str = "", openly: bool = False
    ) -> str:
        """The id of the event. ``content``: of an m.room.message. ``to``: whom it is for, alone;
        Unreachable where anybody else is in the room. ``openly``: it may be said in a room that is
        not encrypted, for all to read."""
        async with self._turn(room):
            state = await self._seen(room, to)
            return await self._say(state, content, txn, openly=openly)

    async def show(
        self, room: str, picture: Picture, txn: str, *, to: str = "", openly: bool = False
    ) -> str:
        """Likewise a picture, sealed before it is uploaded where the room is encrypted."""
        info = {"mimetype": "image/png", "w": picture.width, "h": picture.height}
        info["size"] = len(picture.png)
        content: Json = {"msgtype": "m.image", "body": picture.alt, "info": info, "m.mentions": {}}
        async with self._turn(room):
            state = await self._seen(room, to)
            if self._is_encrypted(state):
                sealed, keys = encrypt_attachment(picture.png)
                content["file"] = keys | {"url": await self._uploaded(sealed)}
            elif openly:
                content["url"] = await self._uploaded(picture.png)
            return await self._say(state, content, txn, openly=openly)

    async def redact(self, room: str, event: str, txn: str) -> None:
        """Take back what was said. The host keeps it for a while."""
        path = at("/rooms/{}/redact/{}/{}", room, event, txn)
        await self._told("PUT", path, {}, said=True)

    async def talk_with(self, user: str) -> str:
        """A new direct room, encrypted from the start, to which ``user`` is asked."""
        made = await self._told(
            "POST",
            "/createRoom",
            {
                "preset": "trusted_private_chat",
                "invite": [user],
                "is_direct": True,
                "initial_state": [_ENCRYPTION],
            },
            wants="room_id",
        )
        self._session.encrypted.add(made["room_id"])
        return str(made["room_id"])

    async def join(self, room: str, by: str) -> None:
        """Where ``by`` asked us in. They are greeted first: whoever sees us come can be opened, also
        one whose client goes on from what we have forgotten."""
        with suppress(Undelivered, Rejected, Unreachable), answered():
            devices, sharing = await self._session.devices.of(by), self._session.ciphers.sharing
            sharing.nears(devices)
            await sharing.greet(devices)
        await self._told("POST", at("/join/{}", room), {})

    async def leave(self, room: str) -> None:
        """And forget it: it is as if it had never been, for us."""
        for act in ("leave", "forget"):
            with suppress(Unreachable):  # we were not in it any more
                await self._told("POST", at("/rooms/{}/" + act, room), {})

    async def _say(
        self, state: RoomState, content: Mapping[str, Any], txn: str, *, openly: bool
    ) -> str:
        kind, body = "m.room.message", dict(content)
        if self._is_encrypted(state):
            with answered():
                others = state.others(self._session.user)
                known = await self._session.devices.of_all(others)
                if others and not known:  # of some it is enough: the rest get the key later
                    raise Refusal(HTTPStatus.BAD_GATEWAY, {})
                devices = [one for own in known.values() for one in _own(own)]
                body = await self._session.ciphers.sealed(state.room, devices, kind, content)
            kind = "m.room.encrypted"
        elif not openly:
            raise Rejected(NOT_ENCRYPTED)
        path = at("/rooms/{}/send/{}/{}", state.room, kind, txn)
        return str((await self._told("PUT", path, body, said=True, wants="event_id"))["event_id"])

    def _turn(self, room: str) -> asyncio.Lock:
        """In a room things are said in the order in which they were to be."""
        return self._turns.setdefault(room, asyncio.Lock())

    async def _seen(self, room: str, to: str) -> RoomState:
        with answered():
            state = await self._rooms.seen(room)
        if to and state.only_with(self._session.user) != to:
            raise Unreachable
        return state

    def _is_encrypted(self, state: RoomState) -> bool:
        """Once it was, it is for ever, whatever is told of it now."""
        if state.encrypted:
            self._session.encrypted.add(state.room)
        return state.room in self._session.encrypted

    async def _uploaded(self, content: bytes) -> str:
        with answered():
            return await self._session.wire.upload(content, waits=WAITS)

    async def _told(
        self, method: str, path: str, body: Json, *, said: bool = False, wants: str = ""
    ) -> Json:
        """``wants``: the id without which it is no answer."""
        with answered(said=said):
            told = await self._session.wire.call(method, path, body, waits=WAITS)
            if wants and not isinstance(told.get(wants), str):
                raise Refusal(HTTPStatus.BAD_GATEWAY, {})
            return told


def _own(devices: Collection[Device]) -> list[Device]:
    """Of one account's devices those to write to: where any is signed by its person's key, those
    alone, for a host can add one that is not."""
    return [one for one in devices if one.proof] or list(devices)


@contextmanager
def answered(*, said: bool = False) -> Iterator[None]:
    """What became of a call. ``said``: whether it would have been said by it."""
    try:
        yield
    except Away as away:
        raise (InDoubt() if said and away.doubtful else Undelivered()) from away
    except Refusal as no:
        if no.retry_after is not None or no.is_revoked:
            raise Undelivered(no.retry_after) from no
        if no.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise (InDoubt() if said else Undelivered()) from no
        if no.status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
            raise Unreachable from no
        if no.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            raise Rejected(TOO_LONG) from no
        raise Rejected(REFUSED) from no
