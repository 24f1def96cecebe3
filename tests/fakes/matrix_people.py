"""People on Matrix with a client that is not ours: stock nio, its store in memory.

A worker, a rep, an organiser; a crowd of them on one homeserver. They may set cross-signing up, or
not, as people do.
"""

import asyncio
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any

import nio
from nio.store import SqliteMemoryStore

from adapters.matrix.introducing import introduce
from adapters.matrix.signing import Identity, Seeds
from adapters.matrix.wire import wire_to
from tests.fakes.synapse import PASSWORD, Synapse

WAITS = 15.0  #: seconds, for what is certain to come
#: Stock nio asks for so few that whoever syncs seldom misses some.
_MANY = {"room": {"timeline": {"limit": 200}}}
DIRECT: list[dict[str, Any]] = [
    {
        "type": "m.room.encryption",
        "state_key": "",
        "content": {"algorithm": "m.megolm.v1.aes-sha2"},
    }
]


class Person:
    """One account with one device. ``heard``: all messages that reached it, the newest last;
    ``rooms``: where each of them was said."""

    def __init__(self, client: nio.AsyncClient, user: str, synapse: Synapse) -> None:
        self.client, self.user, self.synapse = client, user, synapse
        self.heard: list[nio.RoomMessage] = []
        self.rooms: list[str] = []
        client.add_event_callback(self._hear, nio.RoomMessage)

    def _hear(self, room: nio.MatrixRoom, event: nio.RoomMessage) -> None:
        self.heard.append(event)
        self.rooms.append(room.room_id)

    async def sync(self) -> None:
        """What there is, now; and what is to be done about it."""
        await self.client.sync(timeout=0, sync_filter=_MANY)
        await self.client.send_to_device_messages()
        if self.client.should_upload_keys:
            await self.client.keys_upload()
        if self.client.should_query_keys:
            await self.client.keys_query()

    async def until(self, so: Callable[[], Any]) -> None:
        """Sync until it is so."""
        async with asyncio.timeout(WAITS):
            while not so():
                await self.client.sync(timeout=200, sync_filter=_MANY)
                await self.sync()

    async def room_with(self, *others: str, encrypted: bool = True, **more: Any) -> str:
        """A new room, to which they are invited."""
        made = await self.client.room_create(
            invite=others, is_direct=True, initial_state=DIRECT if encrypted else [], **more
        )
        assert isinstance(made, nio.RoomCreateResponse), made
        await self.until(lambda: made.room_id in self.client.rooms)
        return str(made.room_id)

    async def talk_with(self, bot: str, **more: Any) -> str:
        """A new room with the bot, once it is there."""
        room = await self.room_with(bot, **more)
        await self.until(lambda: self.sees(room, bot))
        return room

    def sees(self, room: str, user: str) -> bool:
        """Whether somebody has come into a room."""
        there = self.client.rooms[room].users.get(user)
        return there is not None and not there.invited

    def misses(self, room: str, event: str) -> bool:
        """Whether they can read an event no more: it was taken back."""
        path = f"/_matrix/client/v3/rooms/{room}/event/{event}"
        found = self.synapse.ask("GET", path, token=self.client.access_token)
        return bool(found["content"] == {})

    async def says(self, room: str, words: str, **more: Any) -> str:
        """The id of the event: encrypted where the room is."""
        content = {"msgtype": "m.text", "body": words} | more
        try:
            said = await self.client.room_send(
                room, "m.room.message", content, ignore_unverified_devices=True
            )
        finally:  # where it failed while it shared its key stock nio would wait for that for ever
            if sharing := self.client.sharing_session.pop(room, None):
                sharing.set()
        assert isinstance(said, nio.RoomSendResponse), said
        return str(said.event_id)

    async def hears(self, words: str) -> nio.RoomMessage:
        """The message with these words in it, once it is there."""
        await self.until(lambda: any(words in one.body for one in self.heard))
        return next(one for one in self.heard if words in one.body)

    async def signs(self) -> str:
        """Set cross-signing up, as a client does when it is verified; the public master key."""
        seeds = Seeds(*(bytes([n]) * 30 + self.user.encode()[-2:] for n in (1, 2, 3)))
        identity, olm = Identity(self.user, seeds), self.client.olm
        device = {
            "algorithms": list(olm._algorithms),
            "device_id": olm.device_id,
            "user_id": olm.user_id,
            "keys": {
                f"{kind}:{olm.device_id}": key for kind, key in olm.account.identity_keys.items()
            },
        }
        signed = {"signatures": {self.user: {f"ed25519:{olm.device_id}": olm.sign_json(device)}}}
        async with wire_to(self.client.homeserver) as wire:
            wire.token = self.client.access_token
            await introduce(wire, self.user, device | signed, identity, PASSWORD)
        return identity.master


class Crowd:
    """People on one homeserver, who leave together."""

    def __init__(self, synapse: Synapse, stack: AsyncExitStack) -> None:
        self.synapse, self._stack = synapse, stack

    async def comes(self, name: str = "worker", user: str = "") -> Person:
        """Somebody new, or somebody known with one more device."""
        user = user or self.synapse.account(name)
        config = nio.AsyncClientConfig(store=SqliteMemoryStore, max_timeouts=1)
        client = nio.AsyncClient(self.synapse.url, user, store_path="", config=config)
        self._stack.push_async_callback(client.close)
        said = await client.login(PASSWORD)
        assert isinstance(said, nio.LoginResponse), said
        person = Person(client, user, self.synapse)
        await person.sync()
        return person


@contextmanager
def stock() -> Iterator[None]:
    """Stock nio hands aiohttp its time-outs as figures: that is not ours to mend."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning, module="nio")
        yield


@asynccontextmanager
async def crowd_on(synapse: Synapse) -> AsyncIterator[Crowd]:
    with stock():
        async with AsyncExitStack() as stack:
            yield Crowd(synapse, stack)
