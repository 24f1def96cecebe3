"""What is said on Discord unasked: once, in order, to whom it is for; and what nobody will ever take."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from adapters.discord.post import nonce
from bot.chat import Button, Card, Field, Picture, line
from bot.domain.communities import Community
from bot.ports import (
    InDoubt,
    Membership,
    Noted,
    PlatformAway,
    Rejected,
    Undelivered,
    Unreachable,
)
from tests.fakes.discord_week import Town, town_on, words
from tests.fakes.world import PIXEL

pytestmark = [pytest.mark.xdist_group("discord"), pytest.mark.asyncio(loop_scope="module")]

CARD = Card(line("slot.words"), (line("reps.slots"),), buttons=(Button("cases"),))
SEND = "POST /channels/{channel}/messages"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    async with town_on(tmp_path_factory.mktemp("town")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def town(one_town: Town) -> AsyncIterator[Town]:
    one_town.forgets()
    one_town.server.later(600)
    yield one_town
    assert one_town.wrong == []
    assert one_town.server.pinged == []
    assert Noted.BUG not in {event for event, _ in one_town.world.log.lines}


async def community(town: Town) -> Community:
    (id,) = await town.world.bot.communities.ids()
    async with town.platform._open_work() as work:
        return await town.world.bot.communities.load(work, id)


async def says(town: Town, room: str = "", id: str = "1" * 32, card: Card = CARD) -> None:
    to_room = town.platform.post.to_room
    await to_room(town.guild.id, room or town.general.id, card, await community(town), id)


async def test_a_card_is_an_ordinary_message_that_calls_nobody(town: Town) -> None:
    await says(town)
    (message,) = town.general.messages
    assert "Your own list: /cases" in words(message.data)
    assert "interaction_metadata" not in message.data
    sent = [one.body for one in town.server.calls if one.route == SEND][-1]
    assert sent["allowed_mentions"] == {"parse": []}
    assert (sent["enforce_nonce"], sent["nonce"]) == (True, nonce("1" * 32, 0))


async def test_the_same_parcel_is_there_once_however_often_it_is_said(town: Town) -> None:
    for _ in range(3):
        await says(town, id="2" * 32)
    await says(town, id="3" * 32)
    assert len(town.general.messages) == 2
    assert timedelta(0) < town.platform.post.remembers <= timedelta(minutes=5)


async def test_every_part_of_every_parcel_has_a_name_of_its_own() -> None:
    named = {nonce(f"{id}", part) for id in range(50) for part in range(4)}
    assert len(named) == 200
    assert all(len(one) <= 25 for one in named)


async def test_staff_are_told_in_a_talk_with_the_bot_alone(town: Town) -> None:
    rep, post = town.person("rep"), town.platform.post
    before = town.server.counted("POST /users/@me/channels")
    for id in "45":
        await post.to_person(rep.hand.user.id, CARD, await community(town), id * 32)
    assert [one.count("Your own list: /cases") for one in rep.heard()] == [1, 1]
    assert town.server.counted("POST /users/@me/channels") == before + 1, "opened once"
    assert town.person("worker").heard() == []


async def test_who_takes_no_messages_is_unreachable_until_they_do(town: Town) -> None:
    rep, post, here = town.person("rep"), town.platform.post, await community(town)
    rep.hand.user.closed = True
    with pytest.raises(Unreachable):
        await post.to_person(rep.hand.user.id, CARD, here, "6" * 32)
    rep.hand.user.closed = False
    await post.to_person(rep.hand.user.id, CARD, here, "6" * 32)
    assert len(rep.heard()) == 1
    for nobody in ("123456", town.server.bot.id):
        with pytest.raises(Unreachable):
            await post.to_person(nobody, CARD, here, "7" * 32)


@pytest.mark.parametrize("fault", ["lost", "cut"])
async def test_what_may_have_been_heard_is_in_doubt_and_said_once_when_said_again(
    town: Town, fault: str
) -> None:
    getattr(town.server.faults, fault)(SEND)
    with pytest.raises(InDoubt):
        await says(town, id="8" * 32)
    assert len(town.general.messages) == (fault == "lost")
    await says(town, id="8" * 32)
    assert len(town.general.messages) == 1


async def test_where_discord_says_slow_down_it_is_heeded(town: Town) -> None:
    town.server.faults.ratelimit(SEND, retry_after=0.05)
    await says(town, id="9" * 32)
    assert len(town.general.messages) == 1
    town.server.faults.ratelimit(SEND, retry_after=60)
    with pytest.raises(Undelivered) as much:
        await says(town, id="a" * 32)
    assert much.value.retry_after == timedelta(seconds=60)
    town.server.faults.error("POST /users/@me/channels", 400, 40003)
    person = town.server.user("somebody")
    with pytest.raises(Undelivered):
        await town.platform.post.to_person(person.id, CARD, await community(town), "b" * 32)


@pytest.mark.parametrize("code", [10003, 10004, 50001, 50013])
async def test_a_room_that_will_not_have_us_is_unreachable(town: Town, code: int) -> None:
    town.server.faults.error(SEND, 403 if code > 50000 else 404, code)
    with pytest.raises(Unreachable):
        await says(town, id=f"{code}")


async def test_a_room_that_is_not_there_is_told_so(town: Town) -> None:
    with pytest.raises(Unreachable):
        await says(town, room="123456")
    lacks = await town.platform.post.lacks(town.guild.id, ("123456", "x", town.reps.id))
    assert lacks == ("123456", "x")


async def test_what_discord_finds_wrong_is_rejected_with_its_number(town: Town) -> None:
    town.server.faults.error(SEND, 400, 50035)
    with pytest.raises(Rejected, match="400, 50035"):
        await says(town)


async def test_elsewhere_than_in_the_place_itself_nobody_s_membership_is_asked_for(
    town: Town,
) -> None:
    told = await town.platform.post.membership(town.guild.id, town.server.user("worker").id)
    assert told == (Membership.CANNOT_TELL, None)
    assert not any("members" in one.route for one in town.server.calls)


LONG = Card(line("view.title"), fields=tuple(Field("Question", "&" * 2900) for _ in range(4)))


async def test_a_long_card_goes_on_where_it_stopped_and_stays_in_order(town: Town) -> None:
    town.server.faults.late(SEND, 0.0)
    await says(town, id="whole", card=LONG)
    parts = len(town.general.messages)
    assert parts > 2
    town.forgets()
    town.server.faults.waiting.clear()
    town.server.faults.late(SEND, 0.01)
    town.server.faults.lost(SEND)
    with pytest.raises(InDoubt):
        await says(town, id="half", card=LONG)
    assert len(town.general.messages) == 1
    to_room, here = town.platform.post.to_room, await community(town)
    at_once = {"half": LONG, "c" * 32: CARD}
    room = (town.guild.id, town.general.id)
    await asyncio.gather(*(to_room(*room, card, here, id) for id, card in at_once.items()))
    kinds = ["Your own list" in words(one.data) for one in town.general.messages]
    assert kinds == [*[False] * parts, True], "the long one first, none of it twice"


async def test_a_chart_is_a_picture_in_its_message(town: Town) -> None:
    fields = (Field("Yes", "50-75 %"),)
    drawn = Card(line("results.title"), fields=fields, picture=Picture(PIXEL, "Yes: 50-75 %"))
    await says(town, id="d" * 32, card=drawn)
    (message,) = town.general.messages
    assert "50-75 %" in words(message.data)
    (attached,) = message.data["attachments"]
    assert town.server.files[attached["id"]] == PIXEL
    assert attached["description"] == "Yes: 50-75 %"


async def test_before_it_runs_and_after_nothing_can_be_said(town: Town) -> None:
    await town.serving.aclose()
    post = town.platform.post
    assert post.away()
    assert not post.connected()
    with pytest.raises(PlatformAway):
        await says(town)
    await town.restart()
    assert not town.platform.post.away()
    await says(town, id="e" * 32)
