"""What is said on Slack unasked: one at a time in each channel, slowed down where Slack asks for it,
never twice; and what nobody will ever take."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from adapters.slack.pace import Pace
from bot.chat import Button, Card, Field, Picture, line
from bot.domain.communities import Community
from bot.platforms import Away
from bot.ports import InDoubt, Membership, Noted, Rejected, Undelivered, Unreachable
from tests.fakes.slack_week import TEAM, Town, words
from tests.fakes.world import PIXEL
from tests.journeys.over_slack import town_of_the_module

pytestmark = [pytest.mark.xdist_group("slack"), pytest.mark.asyncio(loop_scope="module")]

CARD = Card(line("slot.words"), (line("reps.slots"),), buttons=(Button("cases"),))


one_town, _ = town_of_the_module("socket")


@pytest_asyncio.fixture(loop_scope="module")
async def town(one_town: Town) -> AsyncIterator[Town]:
    for room in one_town.space.channels.values():
        room.messages.clear()
    one_town.world.clock.move(timedelta(minutes=5))
    yield one_town
    assert one_town.wrong == []
    assert Noted.BUG not in {event for event, _ in one_town.world.log.lines}


async def community(town: Town) -> Community:
    (id,) = await town.world.bot.communities.ids()
    async with town.platform._open_work() as work:
        return await town.world.bot.communities.load(work, id)


async def says(town: Town, room: str = "", id: str = "1", card: Card = CARD) -> None:
    to_room = town.platform.post.to_room
    await to_room(TEAM, room or town.general.id, card, await community(town), id)


async def test_a_card_is_a_message_that_pings_nobody_and_unfurls_nothing(town: Town) -> None:
    await says(town, id="a-random-id")
    (message,) = town.general.messages
    assert "Your own list: /cases" in words(message)
    sent = [one.params for one in town.server.calls if one.method == "chat.postMessage"][-1]
    quiet = ("unfurl_links", "unfurl_media", "link_names")
    assert {sent[key] for key in quiet} == {False}
    assert sent["metadata"]["event_payload"] == {"id": "a-random-id"}


async def test_staff_are_told_in_a_talk_with_the_bot_alone(town: Town) -> None:
    rep = town.person("rep")
    await town.platform.post.to_person(rep.hand._user.id, CARD, await community(town), "1")
    assert "Your own list: /cases" in rep.heard()[0]


async def test_somebody_who_has_no_account_yet_is_found_in_a_workspace_of_the_community(
    town: Town,
) -> None:
    """To whom a role is offered."""
    stranger = town.person("newcomer")
    await town.platform.post.to_person(stranger.hand._user.id, CARD, await community(town), "1")
    assert stranger.heard()
    with pytest.raises(Unreachable):
        await town.platform.post.to_person("U0NOBODY", CARD, await community(town), "1")


async def test_where_slack_says_slow_down_it_is_heeded_and_nothing_is_sent_before(
    town: Town,
) -> None:
    town.server.faults.ratelimit("chat.postMessage", retry_after=30)
    with pytest.raises(Undelivered) as much:
        await says(town)
    assert much.value.retry_after == timedelta(seconds=30)
    before = town.server.counted("chat.postMessage")
    with pytest.raises(Undelivered) as held:
        await says(town)
    assert held.value.retry_after
    assert town.server.counted("chat.postMessage") == before, "not even asked"
    await says(town, town.reps.id)
    town.world.clock.move(timedelta(seconds=31))
    await says(town)
    assert len(town.general.messages) == 1


@pytest.mark.parametrize("fault", ["lost", "cut", "status"])
async def test_what_may_have_been_heard_is_in_doubt_and_never_said_again_here(
    town: Town, fault: str
) -> None:
    getattr(town.server.faults, fault)("chat.postMessage")
    before = town.server.counted("chat.postMessage")
    with pytest.raises(InDoubt):
        await says(town)
    assert town.server.counted("chat.postMessage") - before == (fault == "lost"), "and not again"
    assert len(town.general.messages) == (fault == "lost")
    assert town.platform.post.remembers == timedelta(0)


@pytest.mark.parametrize("code", ["channel_not_found", "not_in_channel", "is_archived"])
async def test_a_room_that_will_not_have_us_is_told_to_set_up(town: Town, code: str) -> None:
    town.server.faults.error("chat.postMessage", code)
    with pytest.raises(Unreachable):
        await says(town)
    post, rooms = town.platform.post, (town.general.id, town.reps.id)
    assert await post.lacks(TEAM, rooms) == (town.general.id,)
    await says(town)
    assert await post.lacks(TEAM, rooms) == ()
    assert await post.lacks("T0NOWHERE", rooms) == rooms


async def test_what_slack_finds_wrong_is_rejected_with_its_word(town: Town) -> None:
    town.server.faults.error("chat.postMessage", "invalid_blocks")
    with pytest.raises(Rejected, match="invalid_blocks"):
        await says(town)


async def test_nobody_can_tell_who_is_a_member_with_so_few_rights(town: Town) -> None:
    told = await town.platform.post.membership(TEAM, town.space.user("worker").id)
    assert told == (Membership.CANNOT_TELL, None)
    asked = {one.method for one in town.server.calls}
    assert asked <= {"auth.test", "apps.connections.open", "chat.postMessage"}


LONG = Card(line("view.title"), fields=tuple(Field("Question", "&" * 2900) for _ in range(8)))


async def test_a_long_card_goes_on_where_it_stopped(town: Town) -> None:
    town.server.faults.late("chat.postMessage", 0)
    await says(town, id="whole", card=LONG)
    parts = len(town.general.messages)
    assert parts > 2
    town.general.messages.clear()
    town.world.clock.move(timedelta(minutes=1))
    town.server.faults.late("chat.postMessage", 0)  # the first passes, the second does not
    says_half = asyncio.create_task(says(town, id="half", card=LONG))
    await town.server.until(lambda: len(town.general.messages) == 1)
    town.server.faults.ratelimit("chat.postMessage", retry_after=1)
    with pytest.raises(Undelivered):
        await says_half
    town.world.clock.move(timedelta(minutes=1))
    await says(town, id="half", card=LONG)
    assert len(town.general.messages) == parts


DRAWN = Card(
    line("results.title"),
    fields=(Field("Yes", "50-75 %"),),
    picture=Picture(PIXEL, "Yes: 50-75 %"),
)


async def test_a_chart_is_a_table_where_files_were_not_granted(town: Town) -> None:
    await says(town, card=DRAWN)
    assert "50-75 %" in words(town.general.messages[0])
    assert town.server.counted("files.getUploadURLExternal") == 0


async def test_a_chart_is_a_picture_below_its_table_where_files_were_granted(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.space.grant("files:write")
    await town.restart()
    await says(town, card=DRAWN)
    assert "50-75 %" in words(town.general.messages[0])
    (file,) = town.server.files.values()
    assert file["bytes"] == PIXEL
    assert file["shared"] == [town.general.id]
    assert town.server.counted("files.completeUploadExternal") == 1
    town.server.faults.error("files.getUploadURLExternal", "file_uploads_disabled")
    await says(town, card=DRAWN)  # the words are there all the same
    monkeypatch.setattr("adapters.slack.pictures.WITHIN", 0.05)
    for slow in ("files.getUploadURLExternal", "files.completeUploadExternal"):
        town.server.faults.late(slow, 1.0)
        await says(town, card=DRAWN)  # and at once: whoever waits for longer would be in doubt
    said = [one for one in town.general.messages if "50-75 %" in words(one)]
    assert len(said) == 4
    monkeypatch.undo()

    async def full(*_: object) -> None:
        raise Away(sent=True)

    monkeypatch.setattr("adapters.slack.wire.Wire.put", full)
    before = town.server.counted("files.completeUploadExternal")
    await says(town, card=DRAWN)
    assert town.server.counted("files.completeUploadExternal") == before, "there is none to show"


def paced(between: float = 1.0) -> tuple[Pace, list[float]]:
    now = [100.0]
    return Pace(lambda: now[0], between), now


async def test_in_one_channel_one_is_said_after_the_other_and_channels_do_not_wait_for_each_other() -> (
    None
):
    pace, now = paced()
    assert [pace.takes("C1") for _ in range(3)] == [0.0, 1.0, 2.0]
    assert pace.takes("C2") == 0.0
    now[0] += 10
    assert pace.takes("C1") == 0.0


async def test_whoever_would_have_to_wait_long_comes_back_later() -> None:
    pace, now = paced()
    pace.holds("C1", timedelta(seconds=30))
    with pytest.raises(Undelivered) as later:
        pace.takes("C1")
    assert later.value.retry_after == timedelta(seconds=30)
    now[0] += 30
    assert pace.takes("C1") == 0.0


async def test_many_channels_are_forgotten_once_they_are_free() -> None:
    pace, now = paced()
    for n in range(10_001):
        pace.takes(f"C{n}")
    now[0] += 5
    pace.takes("C1")
    assert set(pace._free) == {"C1"}


# Put out, and back ------------------------------------------------------------------------------------


async def test_a_workspace_that_was_lost_is_an_employer_s_until_its_token_is_good_again(
    town: Town,
) -> None:
    """Its token stands in the settings: no page tells of an installation."""

    async def there() -> tuple[bool, bool, bool]:
        """Whether it is gone, whether somebody said who reads it, whether a rep hears there."""
        known = await community(town)
        (space,) = [one for one in known.spaces if one.platform == "slack"]
        told = [a.platform for one in known.staff for a in known.told_at(one)]
        return space.gone is not None, space.answered, "slack" in told

    rep = town.person("rep")
    assert await there() == (False, True, True)
    assert "may read" not in await rep.types("/cases")
    await town.world.bot.door.places.lost("slack", TEAM)
    assert await there() == (True, True, False)
    await rep.hand.close()
    assert "a place an employer may read" in await rep.types("/cases")
    await rep.hand.close()
    await town.restart()
    assert await there() == (False, False, False), "who can read it is to be said anew"
