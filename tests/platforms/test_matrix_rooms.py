"""Rooms and spaces as a real homeserver tells them: fresh each time, but for talks of two."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.clock import SystemClock
from adapters.matrix.wire import Refusal
from tests.fakes.matrix_bot import Ear, Known, Notes, listening
from tests.fakes.matrix_host import Host
from tests.fakes.matrix_people import Crowd, Person
from tests.fakes.synapse import Synapse

pytestmark = pytest.mark.xdist_group("synapse")

VIA = {"via": ["gw.test"]}


@pytest.fixture
async def ear(synapse: Synapse, tmp_path: Path) -> AsyncIterator[Ear]:
    async with listening(Known(synapse.url, synapse.account("bot")), tmp_path, Notes()) as made:
        yield made


async def room_of(person: Person, ear: Ear, **more: Any) -> str:
    """An open room in which both are."""
    return await person.talk_with(ear.bot.user, encrypted=False, **more)


async def test_a_room_s_place_is_the_space_that_lists_it_and_that_we_are_in(
    ear: Ear, crowd: Crowd
) -> None:
    rep = await crowd.comes("rep")
    space = await room_of(rep, ear, name="Harbour", space=True)
    listed, alone = await room_of(rep, ear, name="Dock"), await room_of(rep, ear, name="Alone")
    await rep.client.room_put_state(space, "m.space.child", VIA, listed)
    place = await ear.rooms.place_of(await ear.rooms.look(listed))
    assert (place.id, place.state.name) == (space, "Harbour")
    assert (await ear.rooms.place_of(await ear.rooms.look(space))).id == space
    place = await ear.rooms.place_of(await ear.rooms.look(alone))
    assert (place.id, place.state.name) == (alone, "Alone")


async def test_a_room_that_only_says_so_belongs_to_no_space(ear: Ear, crowd: Crowd) -> None:
    rep, stranger = await crowd.comes("rep"), await crowd.comes("stranger")
    space = await room_of(rep, ear, name="Harbour", space=True)
    room = await room_of(stranger, ear, name="Dock")
    await stranger.client.room_put_state(room, "m.space.parent", VIA, space)
    assert (await ear.rooms.place_of(await ear.rooms.look(room))).id == room
    ours = await stranger.room_with(encrypted=False, space=True)  # a space that we are not in
    for one in (ours, room):
        await stranger.client.room_put_state(room, "m.space.parent", VIA, one)
    await stranger.client.room_put_state(ours, "m.space.child", VIA, room)
    assert (await ear.rooms.place_of(await ear.rooms.look(room))).id == room


async def test_a_space_that_takes_a_room_away_is_its_place_no_more(ear: Ear, crowd: Crowd) -> None:
    rep = await crowd.comes("rep")
    space = await room_of(rep, ear, space=True)
    room = await room_of(rep, ear)
    await rep.client.room_put_state(room, "m.space.parent", VIA, space)
    for content, place in ((VIA, space), ({}, room)):
        await rep.client.room_put_state(space, "m.space.child", content, room)
        assert (await ear.rooms.place_of(await ear.rooms.look(room))).id == place


async def test_since_when_somebody_is_there_no_change_of_name_moves(
    ear: Ear, crowd: Crowd, synapse: Synapse
) -> None:
    rep = await crowd.comes("rep")
    room = await room_of(rep, ear)
    came = await ear.rooms.member_since(await ear.rooms.look(room), rep.user)
    assert came
    assert abs(SystemClock().now() - came) < timedelta(minutes=1)
    for name in ("Ada", "Ada B.", "Ada C."):
        content = {"membership": "join", "displayname": name}
        await rep.client.room_put_state(room, "m.room.member", content, rep.user)
    state = await ear.rooms.look(room)
    assert state.joined[rep.user]["content"]["displayname"] == "Ada C."
    assert await ear.rooms.member_since(state, rep.user) == came
    assert await ear.rooms.member_since(state, "@nobody:gw.test") is None
    await asyncio.to_thread(synapse.go_away)  # and what it remembers
    await asyncio.to_thread(synapse.come_back)
    state = await ear.rooms.look(room)
    assert "prev_content" not in state.joined[rep.user]["unsigned"]
    assert await ear.rooms.member_since(state, rep.user) == came


async def test_whoever_left_and_came_again_is_there_since_then(ear: Ear, crowd: Crowd) -> None:
    rep, worker = await crowd.comes("rep"), await crowd.comes()
    room = await room_of(rep, ear)
    moments = []
    for _ in range(2):
        await rep.client.room_invite(room, worker.user)
        await worker.client.join(room)
        moments.append(await ear.rooms.member_since(await ear.rooms.look(room), worker.user))
        await worker.client.room_leave(room)
    first, second = moments
    assert first
    assert second
    assert first < second


async def test_in_a_room_of_today_its_creator_manages_and_whoever_was_demoted_does_not(
    ear: Ear, crowd: Crowd
) -> None:
    rep, other = await crowd.comes("rep"), await crowd.comes()
    room = await room_of(rep, ear)
    await rep.client.room_invite(room, other.user)
    await other.client.join(room)
    state = await ear.rooms.look(room)
    assert (state.version, "gw.test" in room) == ("12", False)
    assert (state.manages(rep.user), state.manages(other.user)) == (True, False)
    levels: dict[str, Any] = dict(state.powers or {})
    for level in (50, 0):
        await rep.client.room_put_state(
            room, "m.room.power_levels", levels | {"users": {other.user: level}}
        )
        assert (await ear.rooms.look(room)).manages(other.user) is (level == 50)


async def test_a_room_that_we_are_not_in_is_not_looked_at(ear: Ear, crowd: Crowd) -> None:
    stranger = await crowd.comes("stranger")
    room = await stranger.room_with(encrypted=False)
    with pytest.raises(Refusal) as no:
        await ear.rooms.look(room)
    assert (no.value.status, no.value.code) == (403, "M_FORBIDDEN")


# Talks of two -----------------------------------------------------------------------------------


@pytest.fixture
async def behind(synapse: Synapse, host: Host, tmp_path: Path) -> AsyncIterator[Ear]:
    """The bot, behind a host."""
    async with listening(Known(host.url, synapse.account("bot")), tmp_path, Notes()) as made:
        yield made


async def talk(ear: Ear, who: Person, **more: Any) -> str:
    """One that has begun: all about its beginning was heard."""
    room = await who.talk_with(ear.bot.user, **more)
    await who.says(room, f"hello in {room}")
    await ear.hears(f"hello in {room}")
    ear.changed.clear()
    return room


def looks(host: Host) -> int:
    """How often the homeserver was asked who is in a room."""
    return sum(path.endswith("/state") for _, path in host.asked)


async def seen(ear: Ear, room: str, who: Person) -> bool:
    """Whether, as far as it believes, it is alone with them."""
    return (await ear.rooms.seen(room)).is_direct(ear.bot.user, who.user)


async def test_of_a_talk_of_two_it_is_asked_once_and_of_any_other_room_each_time(
    behind: Ear, crowd: Crowd, host: Host
) -> None:
    worker = await crowd.comes()
    for encrypted, asked in ((True, 1), (False, 3)):
        room = await talk(behind, worker, encrypted=encrypted)
        before = looks(host)
        assert [await seen(behind, room, worker) for _ in range(3)] == [encrypted] * 3
        assert looks(host) - before == asked


async def test_whoever_is_asked_in_or_comes_is_seen_as_soon_as_it_is_heard_of(
    behind: Ear, crowd: Crowd
) -> None:
    worker, other = await crowd.comes(), await crowd.comes()
    room = await talk(behind, worker)
    assert await seen(behind, room, worker)
    for act in (worker.client.room_invite(room, other.user), other.client.join(room)):
        await act
        await behind.learns(room)
        assert not await seen(behind, room, worker)


@pytest.mark.parametrize(
    ("kind", "key", "content"),
    [("m.room.name", "", {"name": "Harbour"}), ("m.space.parent", "!harbour", VIA)],
)
async def test_a_talk_that_gets_a_name_or_a_place_is_none_any_more(
    behind: Ear, crowd: Crowd, kind: str, key: str, content: dict[str, Any]
) -> None:
    worker = await crowd.comes()
    room = await talk(behind, worker)
    assert await seen(behind, room, worker)
    await worker.client.room_put_state(room, kind, content, key)
    await behind.learns(room)
    assert not await seen(behind, room, worker)


async def test_what_changes_while_it_is_looked_at_is_looked_at_again(
    behind: Ear, crowd: Crowd, host: Host
) -> None:
    worker = await crowd.comes()
    room = await talk(behind, worker)
    for told in (room, ""):
        before = looks(host)
        host.after = lambda method, path, told=told: behind.rooms.changed(told)
        assert await seen(behind, room, worker)
        host.after = lambda method, path: None
        assert await seen(behind, room, worker)
        assert looks(host) - before == 2
        behind.rooms.changed(room)


async def test_while_the_homeserver_was_away_anything_may_have_changed(
    behind: Ear, crowd: Crowd, host: Host
) -> None:
    worker = await crowd.comes()
    room = await talk(behind, worker)
    assert await seen(behind, room, worker)
    host.answers = lambda method, path: (502, {}) if path.endswith("/sync") else None
    await worker.says(room, "are you there?")
    await behind.until(lambda: not behind.syncing.connected)
    host.answers, before = lambda method, path: None, looks(host)
    assert await seen(behind, room, worker)
    assert looks(host) - before == 1
