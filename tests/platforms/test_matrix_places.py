"""Which place a room belongs to, and since when somebody is there: whatever others claim."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nio
import pytest

from adapters.clock import SystemClock
from adapters.matrix.wire import at
from tests.fakes.matrix_bot import Ear, Known, Notes, listening
from tests.fakes.matrix_host import Host
from tests.fakes.matrix_people import Crowd, Person
from tests.fakes.synapse import Synapse

pytestmark = pytest.mark.xdist_group("synapse")
VIA = {"via": ["gw.test"]}
CHILD, PARENT, LEVELS = "m.space.child", "m.space.parent", "m.room.power_levels"


@pytest.fixture
async def ear(synapse: Synapse, host: Host, tmp_path: Path) -> AsyncIterator[Ear]:
    async with listening(Known(host.url, synapse.account("bot")), tmp_path, Notes()) as made:
        yield made


async def room_of(person: Person, ear: Ear, **more: Any) -> str:
    return await person.talk_with(ear.bot.user, encrypted=False, **more)


async def place(ear: Ear, room: str) -> str:
    return (await ear.rooms.place_of(await ear.rooms.look(room))).id


async def puts(person: Person, room: str, kind: str, key: str, content: Any = VIA) -> None:
    said = await person.client.room_put_state(room, kind, content, key)
    assert hasattr(said, "event_id"), said


async def lets_in(owner: Person, room: str, other: Person, power: int = 0) -> None:
    await owner.client.room_invite(room, other.user)
    await other.client.join(room)
    levels = {"users": {other.user: power}}
    await puts(owner, room, LEVELS, "", levels)


def of_no_past(path: str, said: Any) -> None:
    """As of a Synapse that was started anew: of a room's state what was before is not told."""
    if path.endswith("/state"):
        for one in said:
            one.get("unsigned", {}).pop("prev_content", None)
            one.get("unsigned", {}).pop("prev_sender", None)


async def test_somebody_s_own_space_draws_no_room_of_others_into_their_place(
    ear: Ear, crowd: Crowd
) -> None:
    rep, other = await crowd.comes("rep"), await crowd.comes("other")
    room, theirs = await room_of(rep, ear), await room_of(other, ear, space=True)
    await lets_in(rep, room, other)
    await puts(other, theirs, CHILD, room)
    assert await place(ear, room) == room
    ours = await room_of(rep, ear, space=True)
    await puts(rep, ours, CHILD, room)
    assert await place(ear, room) == ours, "whichever id comes first"


async def test_it_is_not_enough_that_rulers_of_the_room_are_named_in_that_space(
    ear: Ear, crowd: Crowd
) -> None:
    rep, other = await crowd.comes("rep"), await crowd.comes("other")
    room, theirs = await room_of(rep, ear), await room_of(other, ear, space=True)
    await puts(other, theirs, LEVELS, "", {"users": {rep.user: 100}})
    await puts(other, theirs, CHILD, room)
    assert await place(ear, room) == room


async def test_a_room_that_says_so_itself_agrees_if_whoever_said_it_rules_there(
    ear: Ear, crowd: Crowd
) -> None:
    rep, other = await crowd.comes("rep"), await crowd.comes("other")
    room, space = await room_of(rep, ear), await room_of(other, ear, space=True)
    await puts(other, space, CHILD, room)
    assert await place(ear, room) == room
    await lets_in(rep, room, other)
    await puts(rep, room, LEVELS, "", {"events": {PARENT: 0}})
    await puts(other, room, PARENT, space)
    assert await place(ear, room) == room, "they do not rule in it"
    await puts(rep, room, PARENT, space)
    assert await place(ear, room) == space


async def test_what_somebody_lists_who_does_not_rule_in_the_space_is_not_its(
    ear: Ear, crowd: Crowd
) -> None:
    rep, other = await crowd.comes("rep"), await crowd.comes("other")
    space, theirs = await room_of(rep, ear, space=True), await room_of(other, ear)
    await lets_in(rep, space, other)
    await puts(rep, space, LEVELS, "", {"events": {CHILD: 0}})
    await puts(other, space, CHILD, theirs)
    await puts(other, theirs, PARENT, space)
    assert await place(ear, theirs) == theirs
    await puts(rep, space, LEVELS, "", {"users": {other.user: 50}})
    assert await place(ear, theirs) == space


async def test_whoever_rules_in_both_and_asked_us_in_agrees_for_the_room(
    ear: Ear, crowd: Crowd
) -> None:
    rep, moderator = await crowd.comes("rep"), await crowd.comes("moderator")
    room = await room_of(rep, ear)
    space = await room_of(moderator, ear, space=True)
    await lets_in(moderator, space, rep, 50)
    await puts(moderator, space, CHILD, room)
    assert await place(ear, room) == space
    await puts(moderator, space, CHILD, room, {})
    assert await place(ear, room) == room


async def test_also_where_the_homeserver_remembers_nothing_of_that_and_we_have_a_new_name(
    ear: Ear, crowd: Crowd, host: Host
) -> None:
    rep, moderator = await crowd.comes("rep"), await crowd.comes("moderator")
    room = await room_of(rep, ear)
    space = await room_of(moderator, ear, space=True)
    await lets_in(moderator, space, rep, 50)
    await puts(moderator, space, CHILD, room)
    name = at("/profile/{}/displayname", ear.bot.user)
    await ear.bot.wire.call("PUT", name, {"displayname": "Groundswell of the harbour"})
    host.tampers = of_no_past
    assert await place(ear, room) == space


async def draws(attacker: Person, ear: Ear, room: str) -> str:
    """A space of theirs, which the bot comes into as it comes into any, and which lists that room."""
    space = await room_of(attacker, ear, space=True, name="Harbour")
    await puts(attacker, space, CHILD, room)
    return space


async def test_a_stranger_s_space_draws_no_room_in_which_everybody_may_change_everything(
    ear: Ear, crowd: Crowd
) -> None:
    rep, stranger = await crowd.comes("rep"), await crowd.comes("stranger")
    room = await room_of(rep, ear)
    await puts(rep, room, LEVELS, "", {"users_default": 50})
    await draws(stranger, ear, room)
    assert await place(ear, room) == room
    ours = await room_of(rep, ear, space=True)
    await puts(rep, ours, CHILD, room)
    assert await place(ear, room) == ours


@pytest.mark.parametrize("how", ["room_ban", "room_kick"])
async def test_nor_does_that_of_somebody_who_was_put_out_and_whose_level_still_stands_there(
    ear: Ear, crowd: Crowd, how: str
) -> None:
    rep, former = await crowd.comes("rep"), await crowd.comes("former")
    room = await room_of(rep, ear)
    await lets_in(rep, room, former, 50)
    theirs = await draws(former, ear, room)
    assert await place(ear, room) == theirs, "while they may change it"
    await getattr(rep.client, how)(room, former.user)
    assert await place(ear, room) == room


async def test_whoever_has_no_say_in_a_room_draws_it_nowhere_by_asking_us_in(
    ear: Ear, crowd: Crowd
) -> None:
    rep, moderator = await crowd.comes("rep"), await crowd.comes("moderator")
    room = await rep.room_with(encrypted=False)
    await rep.client.room_invite(room, moderator.user)
    await moderator.client.join(room)
    await moderator.client.room_invite(room, ear.bot.user)
    await rep.until(lambda: rep.sees(room, ear.bot.user))
    space = await room_of(moderator, ear, space=True)
    await puts(moderator, space, CHILD, room)
    assert await place(ear, room) == room


# Since when -------------------------------------------------------------------------------------

FAR = "@worker:elsewhere.test"
LONG_AGO = 1_000_000_000_000  #: in the year 2001


def claims(host: Host, worker: Person, moment: int) -> None:
    """The worker is on another homeserver, which says that they joined then."""

    def tamper(path: str, said: Any) -> None:
        if path.endswith("/state"):
            for one in said:
                if one["type"] == "m.room.member" and one["state_key"] == worker.user:
                    one |= {"state_key": FAR, "sender": FAR, "origin_server_ts": moment}

    host.tampers = tamper


async def test_another_homeserver_cannot_claim_a_day_before_its_person_was_asked_in(
    ear: Ear, crowd: Crowd, host: Host
) -> None:
    rep, worker = await crowd.comes("rep"), await crowd.comes()
    room = await room_of(rep, ear)
    await rep.client.room_invite(room, worker.user)
    await worker.client.join(room)
    claims(host, worker, LONG_AGO)
    since = await ear.rooms.member_since(await ear.rooms.look(room), FAR)
    assert since
    assert SystemClock().now() - since < timedelta(minutes=1)


async def test_nor_a_day_before_the_room_was_made(ear: Ear, crowd: Crowd, host: Host) -> None:
    rep, worker = await crowd.comes("rep"), await crowd.comes()
    room = await room_of(rep, ear, preset=nio.RoomPreset.public_chat)
    await worker.client.join(room)
    claims(host, worker, LONG_AGO)
    state = await ear.rooms.look(room)
    since = await ear.rooms.member_since(state, FAR)
    assert since == state.created
    assert since > datetime(2020, 1, 1, tzinfo=UTC)


async def test_a_later_day_than_that_is_taken_as_it_is(ear: Ear, crowd: Crowd, host: Host) -> None:
    rep, worker = await crowd.comes("rep"), await crowd.comes()
    room = await room_of(rep, ear)
    await rep.client.room_invite(room, worker.user)
    await worker.client.join(room)
    later = LONG_AGO * 3
    claims(host, worker, later)
    since = await ear.rooms.member_since(await ear.rooms.look(room), FAR)
    assert since == datetime.fromtimestamp(later / 1000, UTC)
