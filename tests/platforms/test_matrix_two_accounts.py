"""Two accounts, on homeservers of which one is away, or lies about places of the other."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from adapters.chance import SystemChance
from adapters.clock import SystemClock
from adapters.matrix.account import Account, assembled
from adapters.matrix.believing import Believing
from adapters.matrix.events import Invited, Left
from adapters.matrix.post import REDACT, MatrixPost
from adapters.sandbox import people
from bot.chat import Caller, Card, line
from bot.domain.communities import Community, RoomKind, Space, Trust
from bot.ports import Membership, PlatformAway, Undelivered, Unreachable
from tests.fakes.lines import talks_in
from tests.fakes.matrix_bot import Known, Notes, joined, session
from tests.fakes.matrix_host import Host
from tests.fakes.matrix_people import Crowd, Person
from tests.fakes.synapse import Synapse
from tests.fakes.world import CODE, MONDAY, World

pytestmark = pytest.mark.xdist_group("synapse")
CARD = Card(line("notice.title"), (line("notice.case_moved"),))
ID = "1" * 32


def _event(kind: str, key: str, sender: str, **content: Any) -> dict[str, Any]:
    return {"type": kind, "state_key": key, "sender": sender, "content": content}


@dataclass
class Two:
    """``first``: whose homeserver is behind ``host``; ``second``: whose is not."""

    post: MatrixPost
    first: Account
    second: Account
    host: Host
    community: Community
    world: World

    async def place(self, room: str, via: str = "") -> None:
        """A community has its place there, and came by it through this account."""
        rooms = {RoomKind.BULLETIN: room}
        space = Space(uuid4().hex, "matrix", room, "Dock", Trust.NEUTRAL, rooms, via=via)
        seeded = people.community(lambda: uuid4().hex, "22222222", MONDAY)
        self.community = replace(seeded, spaces=(space,))
        assert await self.world.bot.communities.found(self.community)

    async def via(self, room: str) -> str | None:
        return await self.world.bot.door.places.via("matrix", room)

    def lies(self, room: str, *others: str) -> None:
        """The first's homeserver says that its account is in that room, and others are."""
        us = self.first.session.user
        told = [_event("m.room.create", "", us), _event("m.room.name", "", us, name="Dock")]
        told += [_event("m.room.member", one, one, membership="join") for one in (us, *others)]
        said: Any = told
        ours = f"/rooms/{room}/state"
        self.host.answers = lambda method, path: (200, said) if path.endswith(ours) else None

    def goes_away(self) -> None:
        self.host.answers = lambda method, path: (503, {})
        self.first.syncing.connected = False


@pytest.fixture
async def two(synapse: Synapse, host: Host, world: World, tmp_path: Path) -> AsyncIterator[Two]:
    users = {name: synapse.account("bot") for name in ("first", "second")}
    believing = Believing(users.values())
    believing.door = world.bot.door
    post = MatrixPost(dict.fromkeys(users, synapse.name), believing)
    async with AsyncExitStack() as stack:
        for name, url in (("first", host.url), ("second", synapse.url)):
            (folder := tmp_path / name).mkdir()
            bot = await stack.enter_async_context(session(Known(url, users[name]), folder))
            of = (bot, talks_in(world), world.bot.door, Notes(), SystemClock(), SystemChance())
            post.accounts[name] = assembled(*of, believing)
            believing.present[users[name]] = post.accounts[name].rooms
            post.accounts[name].syncing.connected = True
        seeded = people.community(lambda: ID, CODE, MONDAY)
        yield Two(post, post.accounts["first"], post.accounts["second"], host, seeded, world)


async def test_whoever_is_to_be_told_is_told_by_the_one_that_is_there(
    two: Two, crowd: Crowd
) -> None:
    rep = await crowd.comes("rep")
    two.goes_away()
    await two.post.to_person(rep.user, CARD, two.community, ID)
    await rep.until(lambda: rep.client.invited_rooms)
    (room,) = rep.client.invited_rooms
    assert rep.client.invited_rooms[room].inviter == two.second.session.user


async def test_a_room_of_the_one_that_is_there_is_spoken_in(two: Two, crowd: Crowd) -> None:
    host = await crowd.comes("moderator")
    room = await host.room_with(two.second.session.user, encrypted=False, name="general")
    await joined(two.second.session, room)
    await two.place(room, two.second.session.user)
    two.goes_away()
    assert (await two.post.membership(room, host.user))[0] is Membership.MEMBER
    assert await two.post.lacks(room, [room]) == (f"{REDACT}: general",)


async def test_a_room_of_the_one_that_is_away_waits_and_is_not_called_unreachable(
    two: Two, crowd: Crowd
) -> None:
    host = await crowd.comes("moderator")
    room = await host.room_with(two.first.session.user, encrypted=False, name="general")
    await joined(two.first.session, room)
    await two.place(room, two.first.session.user)
    two.goes_away()
    with pytest.raises(PlatformAway):
        await two.post.to_room(room, room, CARD, two.community, ID)
    assert await two.post.lacks(room, [room]) == ()


async def test_what_fails_while_the_homeserver_is_there_is_a_try_like_any_other(
    two: Two, crowd: Crowd
) -> None:
    rep = await crowd.comes("rep")
    two.post.accounts.pop("second")
    two.host.answers = lambda method, path: (500, {}) if "createRoom" in path else None
    with pytest.raises(Undelivered) as problem:
        await two.post.to_person(rep.user, CARD, two.community, ID)
    assert not isinstance(problem.value, PlatformAway)


async def test_all_of_it_is_away_only_when_every_account_is(two: Two) -> None:
    two.goes_away()
    assert (two.post.connected(), two.post.away()) == (False, False)
    two.second.syncing.connected = False
    assert two.post.away()
    two.post.accounts.clear()
    assert two.post.away()
    with pytest.raises(PlatformAway):
        await two.post.to_person("@rep:gw.test", CARD, two.community, ID)


async def dock(two: Two, crowd: Crowd, *, kept: bool = True) -> tuple[str, Person]:
    """A place of the second's, and whoever rules there. ``kept``: whether it is known whose it is."""
    host = await crowd.comes("moderator")
    room = await host.room_with(two.second.session.user, encrypted=False, name="Dock")
    await joined(two.second.session, room)
    await two.place(room, two.second.session.user if kept else "")
    return room, host


async def test_what_is_to_be_said_in_a_place_of_one_never_comes_to_the_host_of_another(
    two: Two, crowd: Crowd
) -> None:
    room, moderator = await dock(two, crowd)
    two.lies(room, "@stranger:gw.test")
    await two.post.to_room(room, room, CARD, two.community, ID)
    assert not any("/send/" in path for _, path in two.host.asked)
    told = [await two.post.membership(room, who) for who in (moderator.user, "@stranger:gw.test")]
    assert [one for one, _ in told] == [Membership.MEMBER, Membership.STRANGER]
    del two.post.accounts["second"]
    with pytest.raises(PlatformAway):
        await two.post.to_room(room, room, CARD, two.community, ID)
    assert (await two.post.membership(room, "@stranger:gw.test"))[0] is Membership.CANNOT_TELL


async def test_a_forged_departure_of_another_s_account_loses_no_place(
    two: Two, crowd: Crowd
) -> None:
    room, _ = await dock(two, crowd)
    two.lies(room)
    await two.first.listening.handle(Left(room, two.first.session.user))
    await two.post.to_room(room, room, CARD, two.community, ID)
    assert await _gone(two, room) is False
    await two.second.session.wire.call("POST", f"/rooms/{room}/leave", {})
    await two.second.listening.handle(Left(room, two.second.session.user))
    assert await _gone(two, room) is True, "the one by which it was claimed"
    await two.first.listening.handle(Invited(room, "@stranger:gw.test"))
    assert await _gone(two, room) is True, "and none but it comes back"


async def test_nobody_speaks_in_a_place_as_whom_another_s_host_tells(
    two: Two, crowd: Crowd
) -> None:
    room, moderator = await dock(two, crowd)
    two.lies(room, moderator.user)
    forged = await two.first.again(room, _alone(two.first, moderator.user))
    assert (await two.world.bot.door.begin("about", forged)).cards[:1] != (
        await two.world.bot.door.begin(
            "about", await two.second.again(room, _alone(two.second, moderator.user))
        )
    ).cards[:1]


async def test_a_place_from_before_is_the_one_account_s_that_is_in_it(
    two: Two, crowd: Crowd
) -> None:
    room, moderator = await dock(two, crowd, kept=False)
    assert (await two.post.membership(room, moderator.user))[0] is Membership.MEMBER
    assert await two.via(room) == two.second.session.user
    two.lies(room)
    await two.post.to_room(room, room, CARD, two.community, ID)
    assert await two.via(room) == two.second.session.user


async def test_where_several_say_so_it_is_nobody_s_and_so_while_one_is_away(
    two: Two, crowd: Crowd
) -> None:
    room, _ = await dock(two, crowd, kept=False)
    two.lies(room)
    with pytest.raises(Unreachable):
        await two.post.to_room(room, room, CARD, two.community, ID)
    believing = two.post._believing
    rooms = believing.present.pop(two.second.session.user)
    with pytest.raises(PlatformAway):
        await two.post.to_room(room, room, CARD, two.community, ID)
    believing.present[two.second.session.user] = rooms
    assert await two.via(room) == ""


async def test_where_another_of_ours_remains_the_place_is_not_gone(two: Two, crowd: Crowd) -> None:
    room, moderator = await dock(two, crowd)
    await moderator.client.room_invite(room, two.first.session.user)
    await joined(two.first.session, room)
    await two.second.session.wire.call("POST", f"/rooms/{room}/leave", {})
    await two.second.listening.handle(Left(room, two.second.session.user))
    assert await _gone(two, room) is False
    assert await two.via(room) == two.first.session.user
    await two.post.to_room(room, room, CARD, two.community, ID)


async def test_what_was_an_account_of_ours_is_followed_by_none(two: Two, crowd: Crowd) -> None:
    host = await crowd.comes("moderator")
    room = await host.room_with(two.first.session.user, encrypted=False, name="Dock")
    await joined(two.first.session, room)
    await two.place(room, "@before:gw.test")
    with pytest.raises(Unreachable):
        await two.post.to_room(room, room, CARD, two.community, ID)
    assert await _gone(two, room) is True


def _alone(account: Account, who: str) -> Caller:
    return Caller("matrix", "", who, via=account.session.user)


async def _gone(two: Two, room: str) -> bool:
    for id in await two.world.bot.communities.ids():
        for space in (await two.world.bot.communities.look(id)).community.spaces:
            if space.address == room:
                return space.gone is not None
    raise AssertionError(room)
