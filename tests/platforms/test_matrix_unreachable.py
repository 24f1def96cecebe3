"""One call or one homeserver that fails: no room is made twice, and nobody else waits for it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.matrix import listening as ours
from adapters.matrix.directs import Directs
from bot.ports import Undelivered
from tests.fakes.matrix_bot import Ear, Known, Notes, listening
from tests.fakes.matrix_host import Host
from tests.fakes.matrix_people import Crowd, Person
from tests.fakes.matrix_town import town_on
from tests.fakes.synapse import Synapse

pytestmark = pytest.mark.xdist_group("synapse")
MADE = ("POST", "/_matrix/client/v3/createRoom")


@pytest.fixture
async def ear(synapse: Synapse, host: Host, tmp_path: Path) -> AsyncIterator[Ear]:
    async with listening(Known(host.url, synapse.account("bot")), tmp_path, Notes()) as made:
        yield made


def directs(ear: Ear) -> Directs:
    return Directs(ear.bot, ear.rooms, ear.sending)


def notice(words: str) -> dict[str, Any]:
    return {"msgtype": "m.notice", "body": words, "m.mentions": {}}


async def in_a_room(ear: Ear, *people: Person) -> str:
    """A room of a place, with all of them and the bot."""
    first, *others = people
    room = await first.room_with(ear.bot.user, *(one.user for one in others), name="staff")
    for one in others:
        await one.client.join(room)
    await first.until(lambda: all(first.sees(room, one.user) for one in others))
    await first.until(lambda: first.sees(room, ear.bot.user))
    return room


# Rooms ------------------------------------------------------------------------------------------


async def test_a_room_of_which_nobody_told_us_that_it_was_made_is_found_and_not_made_again(
    ear: Ear, synapse: Synapse, host: Host
) -> None:
    rooms, user = directs(ear), synapse.account("worker")

    def cut(method: str, path: str) -> None:
        if path.endswith("/createRoom"):
            raise ConnectionResetError  # after the homeserver made it

    host.after = cut
    with pytest.raises(Undelivered):
        await rooms.room_of(user)
    host.after = lambda method, path: None
    room = await rooms.room_of(user)
    assert await ear.rooms.joined() == {room}
    assert host.asked.count(MADE) == 1
    assert await rooms.room_of(user) == room


async def test_nobody_looks_for_a_room_that_was_certainly_not_made(
    ear: Ear, synapse: Synapse, host: Host
) -> None:
    rooms, user = directs(ear), synapse.account("worker")
    host.answers = lambda method, path: (
        (429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 90_000})
        if path.endswith("/createRoom")
        else None
    )
    with pytest.raises(Undelivered):
        await rooms.room_of(user)
    host.answers = lambda method, path: None
    host.asked.clear()
    await rooms.room_of(user)
    assert [path for _, path in host.asked if path.endswith("/joined_rooms")] == []


async def test_a_room_that_is_still_being_made_is_waited_for_and_one_that_never_is_is_left(
    ear: Ear, synapse: Synapse, host: Host
) -> None:
    rooms, user = directs(ear), synapse.account("worker")
    host.answers = lambda method, path: (500, {}) if path.endswith("/createRoom") else None
    with pytest.raises(Undelivered):
        await rooms.room_of(user)
    host.answers = lambda method, path: None
    half = (await ear.bot.wire.call("POST", "/createRoom", {}))["room_id"]
    host.asked.clear()
    for _ in range(2):
        with pytest.raises(Undelivered):
            await rooms.room_of(user)
    assert MADE not in host.asked
    assert await rooms.room_of(user) != half
    assert half not in await ear.rooms.joined()
    assert host.asked.count(MADE) == 1


# Whose homeserver is away -----------------------------------------------------------------------


class Server:
    """Another homeserver, as ours tells of it while it is away: nothing of whoever is asked for."""

    def __init__(self, host: Host) -> None:
        self.is_away = False
        host.tampers = self._tamper

    def _tamper(self, path: str, said: Any) -> None:
        if path.endswith("/keys/query") and self.is_away:
            said |= {"device_keys": {}, "failures": {"gw.test": {"status": 503}}}


async def test_whose_key_could_not_be_claimed_reads_from_the_next_message_on(
    ear: Ear, crowd: Crowd, host: Host
) -> None:
    one, late = await crowd.comes(), await crowd.comes()
    room = await in_a_room(ear, one, late)

    def no_key(path: str, said: Any) -> None:
        if path.endswith("/keys/claim"):
            said["one_time_keys"].pop(late.user, None)

    for known in (one, late):  # as after a restart
        ear.bot.ciphers.forget(
            [device.curve for device in await ear.bot.devices.of(known.user)], ()
        )
    host.tampers = no_key
    await ear.sending.say(room, notice("first"), "1")
    assert (await one.hears("first")).decrypted
    host.tampers = lambda path, said: None
    await ear.sending.say(room, notice("second"), "2")
    assert (await late.hears("second")).decrypted
    sessions = ear.bot.ciphers._olm.outbound_group_sessions
    assert sessions[room].message_count == 2, "it is the same key"
    assert "first" not in [message.body for message in late.heard]


async def test_who_never_can_be_reached_is_asked_for_ever_more_seldom(
    ear: Ear, crowd: Crowd, host: Host
) -> None:
    one, never = await crowd.comes(), await crowd.comes()
    room = await in_a_room(ear, one, never)
    for known in (one, never):
        ear.bot.ciphers.forget(
            [device.curve for device in await ear.bot.devices.of(known.user)], ()
        )
    host.tampers = lambda path, said: (
        said["one_time_keys"].pop(never.user, None) if path.endswith("/keys/claim") else None
    )
    host.asked.clear()
    for n in range(9):
        await ear.sending.say(room, notice(f"{n}"), f"{n}")
    claims = [path for _, path in host.asked if path.endswith("/keys/claim")]
    assert len(claims) == 5, "at first, and before messages 2, 3, 5, 9"


async def test_a_homeserver_that_answers_no_claim_holds_up_nobody_whose_keys_are_known(
    ear: Ear, crowd: Crowd, host: Host
) -> None:
    one, late = await crowd.comes(), await crowd.comes()
    room = await in_a_room(ear, one, late)
    await ear.sending.say(room, notice("before"), "0")
    curves = [device.curve for device in await ear.bot.devices.of(late.user)]
    ear.bot.ciphers.forget(curves, [room])
    host.answers = lambda method, path: (500, {}) if path.endswith("/keys/claim") else None
    await ear.sending.say(room, notice("now"), "1")
    assert (await one.hears("now")).decrypted
    host.answers = lambda method, path: None
    await ear.sending.say(room, notice("later"), "2")
    assert (await late.hears("later")).decrypted


async def test_of_whom_nobody_tells_the_keys_now_the_others_do_not_wait(
    ear: Ear, crowd: Crowd, host: Host
) -> None:
    one, late = await crowd.comes(), await crowd.comes()
    room = await in_a_room(ear, one, late)
    server = Server(host)
    ear.bot.devices.outdated([one.user, late.user])
    await ear.bot.devices.of(one.user)
    server.is_away = True
    await ear.sending.say(room, notice("now"), "1")
    assert (await one.hears("now")).decrypted
    server.is_away = False
    await ear.sending.say(room, notice("later"), "2")
    assert (await late.hears("later")).decrypted


async def test_where_nobody_is_known_nothing_is_said_to_nobody(
    ear: Ear, crowd: Crowd, host: Host
) -> None:
    worker = await crowd.comes()
    room = await worker.talk_with(ear.bot.user)
    server = Server(host)
    server.is_away = True
    ear.bot.devices.outdated([worker.user])
    with pytest.raises(Undelivered):
        await ear.sending.say(room, notice("a receipt"), "1", to=worker.user)


async def test_one_person_s_room_that_cannot_be_made_holds_up_nobody_in_the_shared_one(
    synapse: Synapse, crowd: Crowd, host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ours, "SHORTLY", (0.01,))
    async with town_on(crowd, tmp_path, host.url) as town:
        rep = town.talk("rep")
        await rep.opens()
        host.answers = lambda method, path: (500, {}) if path.endswith("/createRoom") else None
        await town.people["worker"].says(town.general, "!reps")
        await rep.person.says(town.general, "!reps")
        assert "Who hears cases" in await rep.hears("Who hears cases")
        told = [one.body for one in rep.person.heard if "may not write to you" in one.body]
        assert len(told) == 1
