"""Two accounts, on homeservers of which one is away: the other says what it can."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.chance import SystemChance
from adapters.clock import SystemClock
from adapters.matrix.account import Account, assembled
from adapters.matrix.post import REDACT, MatrixPost
from adapters.sandbox import people
from bot.chat import Card, line
from bot.domain.communities import Community
from bot.ports import Membership, PlatformAway, Undelivered
from tests.fakes.lines import talks_in
from tests.fakes.matrix_bot import Known, Notes, joined, session
from tests.fakes.matrix_host import Host
from tests.fakes.matrix_people import Crowd
from tests.fakes.synapse import Synapse
from tests.fakes.world import CODE, MONDAY, World

pytestmark = pytest.mark.xdist_group("synapse")
CARD = Card(line("notice.title"), (line("notice.case_moved"),))
ID = "1" * 32


@dataclass
class Two:
    """``first``: whose homeserver is behind ``host``; ``second``: whose is not."""

    post: MatrixPost
    first: Account
    second: Account
    host: Host
    community: Community

    def goes_away(self) -> None:
        self.host.answers = lambda method, path: (503, {})
        self.first.syncing.connected = False


@pytest.fixture
async def two(synapse: Synapse, host: Host, world: World, tmp_path: Path) -> AsyncIterator[Two]:
    post = MatrixPost(dict.fromkeys(("first", "second"), synapse.name))
    async with AsyncExitStack() as stack:
        for name, url in (("first", host.url), ("second", synapse.url)):
            (folder := tmp_path / name).mkdir()
            bot = await stack.enter_async_context(
                session(Known(url, synapse.account("bot")), folder)
            )
            of = (bot, talks_in(world), world.bot.door, Notes(), SystemClock(), SystemChance())
            post.accounts[name] = assembled(*of)
            post.accounts[name].syncing.connected = True
        seeded = people.community(lambda: ID, CODE, MONDAY)
        yield Two(post, post.accounts["first"], post.accounts["second"], host, seeded)


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
    two.goes_away()
    assert (await two.post.membership(room, host.user))[0] is Membership.MEMBER
    assert await two.post.lacks(room, [room]) == (f"{REDACT}: general",)


async def test_a_room_of_the_one_that_is_away_waits_and_is_not_called_unreachable(
    two: Two, crowd: Crowd
) -> None:
    host = await crowd.comes("moderator")
    room = await host.room_with(two.first.session.user, encrypted=False, name="general")
    await joined(two.first.session, room)
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
