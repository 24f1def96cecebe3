"""Nothing of whoever is gone stays: the store is searched byte for byte, with controls."""

import base64
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from bot.ports import Clock
from tests.fakes.matrix_bot import Ear, Known, Notes, listening
from tests.fakes.matrix_people import Crowd, Person

pytestmark = pytest.mark.xdist_group("synapse")


class Later(Clock):
    """The system's clock, moved forward by ``ahead``."""

    ahead = timedelta(0)

    def now(self) -> datetime:
        return SystemClock().now() + self.ahead

    def elapsed(self) -> float:
        return SystemClock().elapsed() + self.ahead.total_seconds()


async def talked(ear: Ear, person: Person) -> str:
    """A room in which both have said something."""
    room = await person.talk_with(ear.bot.user)
    await person.says(room, f"from {person.user}")
    await ear.hears(f"from {person.user}")
    content = {"msgtype": "m.notice", "body": f"for {person.user}"}
    await ear.sending.say(room, content, person.user, to=person.user)
    await person.hears(f"for {person.user}")
    return room


def marks_of(person: Person, room: str) -> set[bytes]:
    """By what they could be found: address, device, keys as they are written and as they are."""
    keys = person.client.olm.account.identity_keys
    sessions = [one.id for one in person.client.olm.inbound_group_store]
    words = {person.user, person.client.device_id, room, *keys.values(), *sessions}
    raw = {base64.b64decode(one + "=" * (-len(one) % 4)) for one in (*keys.values(), *sessions)}
    return {one.encode() for one in words} | {one.encode("utf-16-le") for one in words} | raw


def found(folder: Path, marks: set[bytes]) -> set[bytes]:
    files = [one.read_bytes() for one in (folder / "state").rglob("*") if one.is_file()]
    return {mark for mark in marks if any(mark in one for one in files)}


async def test_no_address_is_ever_in_the_store_and_after_a_talk_no_key_and_no_room(
    crowd: Crowd, known: Known, tmp_path: Path
) -> None:
    async with listening(known, tmp_path, Notes()) as ear:
        gone, stays = await crowd.comes(), await crowd.comes()
        room, other = await talked(ear, gone), await talked(ear, stays)
        during = found(tmp_path, marks_of(gone, room))
        # The control: while they talk their keys are there, and the search finds them.
        assert gone.client.olm.account.identity_keys["curve25519"].encode() in during
        assert room.encode() in during
        assert gone.user.encode() not in during
        await ear.sending.leave(room)
        await ear.bot.forget(room, gone.user)
        assert found(tmp_path, marks_of(gone, room)) == set()
        assert other.encode() in found(tmp_path, marks_of(stays, other))
        await stays.says(other, "still here")
        assert (await ear.hears("still here"))[-1].trouble is None
    assert found(tmp_path, marks_of(gone, room)) == set()


async def test_nothing_of_them_stays_in_memory_either(
    crowd: Crowd, known: Known, tmp_path: Path
) -> None:
    async with listening(known, tmp_path, Notes()) as ear:
        worker = await crowd.comes()
        room = await talked(ear, worker)
        await ear.sending.leave(room)
        await ear.bot.forget(room, worker.user)
        olm, devices = ear.bot.ciphers._olm, ear.bot.devices._known
        curve = worker.client.olm.account.identity_keys["curve25519"]
        held = [devices, olm.users_for_key_query, dict(olm.device_store.items()), olm.tracked_users]
        held += [
            olm.outbound_group_sessions,
            olm.inbound_group_store._entries,
            olm._latest,
            olm._handled,
        ]
        held += [olm.session_store._entries, list(olm.message_index_store)]
        for mark in (worker.user, room, curve):
            assert mark not in str([list(one) for one in held])


async def test_whoever_comes_again_after_that_is_heard_at_once(
    crowd: Crowd, known: Known, tmp_path: Path
) -> None:
    """Their client still has its old way to write to us, of which we know nothing any more."""
    async with listening(known, tmp_path, Notes()) as ear:
        worker = await crowd.comes()
        room = await talked(ear, worker)
        await ear.sending.leave(room)
        await ear.bot.forget(room, worker.user)
        again = await worker.talk_with(ear.bot.user)
        await worker.sync()  # and with it our greeting
        await worker.says(again, "me again")
        assert (await ear.hears("me again"))[-1].trouble is None


async def test_what_nobody_used_for_eight_days_goes_by_itself(
    crowd: Crowd, known: Known, tmp_path: Path
) -> None:
    clock, notes = Later(), Notes()
    async with listening(known, tmp_path, notes, clock) as ear:
        worker = await crowd.comes()
        room = await talked(ear, worker)
    marks = marks_of(worker, room)
    clock.ahead = timedelta(days=7)
    async with listening(known, tmp_path, notes, clock):
        assert room.encode() in found(tmp_path, marks)
    clock.ahead = timedelta(days=8)
    async with listening(known, tmp_path, notes, clock) as ear:
        await ear.until(lambda: not found(tmp_path, marks))


async def test_each_week_there_is_a_new_fallback_key(known: Known, tmp_path: Path) -> None:
    clock = Later()

    async def fallback() -> object:
        async with listening(known, tmp_path, Notes(), clock) as ear:
            return ear.bot.ciphers._store.since("fallback key")

    first = await fallback()
    clock.ahead = timedelta(days=6)
    assert await fallback() == first
    clock.ahead = timedelta(days=7)
    assert await fallback() == clock.now().date() != first
