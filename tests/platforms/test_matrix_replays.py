"""A host keeps all that was ever sealed to us, and brings it again when we have forgotten the talk."""

import copy
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from adapters.matrix.events import Invited, Trouble
from adapters.matrix.store import FALLBACK, OWED
from tests.fakes.matrix_bot import Ear, Known, Notes, listening, session
from tests.fakes.matrix_host import Host
from tests.fakes.matrix_people import Crowd, Person
from tests.fakes.synapse import Synapse

pytestmark = pytest.mark.xdist_group("synapse")
UPLOAD = ("POST", "/_matrix/client/v3/keys/upload")
TODAY = date(2026, 3, 2)


@pytest.fixture
def known(synapse: Synapse, host: Host) -> Known:
    return Known(host.url, synapse.account("bot"))


class Kept:
    """What a host saw pass in one room, and brings again as it was. It says that no key of ours was
    taken, so that the last one is given to everybody, and lets nobody else know one of theirs."""

    def __init__(self, host: Host) -> None:
        self.sent: list[dict[str, Any]] = []
        self.said: list[dict[str, Any]] = []
        self.again = False
        host.tampers = self._passes
        # Else our greeting is what they may write back by.
        host.answers = lambda method, path: (200, {}) if "/sendToDevice/" in path else None

    def _passes(self, path: str, said: Any) -> None:
        if path.endswith("/sync"):
            said["device_one_time_keys_count"] = {"signed_curve25519": 50}
            to_device = said.setdefault("to_device", {}).setdefault("events", [])
            rooms = said.setdefault("rooms", {}).setdefault("join", {})
            if self.again:
                self._bring(to_device, rooms)
            self.sent += copy.deepcopy(to_device)
            for room, new in rooms.items():
                for one in new["timeline"]["events"]:
                    if one["type"] == "m.room.encrypted":
                        self.said.append({"room": room} | copy.deepcopy(one))

    def _bring(self, to_device: list[Any], rooms: dict[str, Any]) -> None:
        self.again = False
        to_device += copy.deepcopy(self.sent)
        for one in list(self.said):
            event = {name: value for name, value in one.items() if name != "room"}
            event["event_id"] += "again"
            new = rooms.setdefault(one["room"], {"timeline": {"events": [], "limited": False}})
            new["timeline"]["events"].append(event)


async def talk_over_the_fallback_key(ear: Ear, worker: Person, taker: Person) -> str:
    """A talk whose person could get no other key of ours than the one for everybody."""
    for _ in range(50):
        await taker.client.keys_claim({ear.bot.user: [ear.bot.device]})
    room = await worker.room_with(ear.bot.user)
    await worker.says(room, "what the talk was about")
    return room


async def brings_again(ear: Ear, kept: Kept, worker: Person) -> list[tuple[str, Trouble | None]]:
    """What the bot hears of it when the host brings all of it once more."""
    before = len(ear.said)
    kept.again = True
    await worker.talk_with(ear.bot.user)  # so that something is new
    await ear.until(lambda: not kept.again and len(ear.said) > before)
    return [(one.text, one.trouble) for one in ear.said[before:]]


@pytest.mark.parametrize("forgotten_first", [True, False])
async def test_what_was_sealed_to_the_key_for_everybody_opens_nothing_once_its_talk_is_forgotten(
    crowd: Crowd, known: Known, tmp_path: Path, host: Host, forgotten_first: bool
) -> None:
    kept = Kept(host)
    async with listening(known, tmp_path, Notes()) as ear:
        worker, taker = await crowd.comes(), await crowd.comes()
        room = await talk_over_the_fallback_key(ear, worker, taker)
        await ear.hears("what the talk was about")
        await ear.sending.leave(room)
        await ear.bot.forget(room, worker.user)
        if forgotten_first:
            await ear.bot.tidy(0.0, TODAY)
        heard = await brings_again(ear, kept, taker)
        # The control: until then it opens, so the host does bring what counts.
        same = ("", Trouble.UNREADABLE) if forgotten_first else ("what the talk was about", None)
        assert same in heard
        assert len(heard) == 1


async def test_for_several_talks_there_is_one_new_key_and_for_none_there_is_none(
    crowd: Crowd, known: Known, tmp_path: Path, host: Host
) -> None:
    async with listening(known, tmp_path, Notes()) as ear:
        people = [await crowd.comes() for _ in range(2)]
        rooms = [await one.talk_with(ear.bot.user) for one in people]
        for person, room in zip(people, rooms, strict=True):
            await person.says(room, person.user)
        await ear.hears(*(one.user for one in people))
        host.asked.clear()
        await ear.bot.tidy(0.0, TODAY)
        assert UPLOAD not in host.asked
        for person, room in zip(people, rooms, strict=True):
            await ear.bot.forget(room, person.user)
        await ear.bot.tidy(0.0, TODAY)
        await ear.bot.tidy(0.0, TODAY)
        assert host.asked.count(UPLOAD) == 1


async def test_who_cannot_tell_the_new_key_does_so_later_also_in_the_next_process(
    crowd: Crowd, known: Known, tmp_path: Path, host: Host
) -> None:
    async with listening(known, tmp_path, Notes()) as ear:
        worker = await crowd.comes()
        room = await worker.talk_with(ear.bot.user)
        await worker.says(room, "hello")
        await ear.hears("hello")
        since = ear.bot.ciphers._store.since(FALLBACK)
        await ear.bot.forget(room, worker.user)
    host.asked.clear()
    async with session(known, tmp_path) as bot:
        assert host.asked.count(UPLOAD) == 1
        store = bot.ciphers._store
        assert store.since(OWED) is None
        assert store.since(FALLBACK) == since, "no day tells of a talk"


async def test_after_that_whoever_is_new_and_whoever_was_there_is_heard(
    crowd: Crowd, known: Known, tmp_path: Path
) -> None:
    async with listening(known, tmp_path, Notes()) as ear:
        gone, stays = await crowd.comes(), await crowd.comes()
        room, other = [await one.talk_with(ear.bot.user) for one in (gone, stays)]
        await gone.says(room, "bye")
        await stays.says(other, "hello")
        await ear.hears("bye", "hello")
        await ear.sending.leave(room)
        await ear.bot.forget(room, gone.user)
        await ear.bot.tidy(0.0, TODAY)
        await stays.says(other, "still here")
        again = await gone.talk_with(ear.bot.user)
        await gone.sync()
        await gone.says(again, "me again")
        await ear.hears("still here", "me again")
        assert {one.trouble for one in ear.said} == {None}
        assert sum(isinstance(one, Invited) for one in ear.came) == 3
