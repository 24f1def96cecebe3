"""The platform puts the bot out of a place: the community lives on, and the place may come back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.sandbox import people
from bot.chat import Caller, Here
from bot.domain.communities import Community, RoomKind, Space, Trust
from bot.ports import Noted
from bot.settings import Where
from tests.fakes.acts import Acts, button, names, shown
from tests.fakes.world import caller, new_world
from tests.journeys.asking import opened
from tests.journeys.reading import MONDAY, ORGANISER, WORKER, text

OSKAR, LEILA = "oskar-brandt", "leila-farouk"
ELSEWHERE = "other-town"


def in_two_places(seeded: Community) -> Community:
    (space,) = seeded.spaces
    rooms = {RoomKind.BULLETIN: "other-general"}
    other = replace(space, id="f" * 32, address=ELSEWHERE, name="Other Town", rooms=rooms)
    return replace(seeded, spaces=(space, replace(other, trust=Trust.NEUTRAL)))


async def lose(acts: Acts) -> None:
    await acts.world.bot.door.places.lost(people.PLATFORM, people.SPACE)
    await acts.world.bot.tick()


def said(acts: Acts) -> list[str]:
    """Who was told that a place is gone."""
    return [
        to for to, card in acts.world.post.people if card.title.key == "notice.space_gone.title"
    ]


async def test_every_moderator_is_told_once_and_nothing_is_said_there(where: Where) -> None:
    async with new_world(where, change=in_two_places) as world:
        acts = Acts(world)
        await lose(acts)
        await lose(acts)
        assert sorted(said(acts)) == [LEILA, OSKAR]
        await world.slot()
        rooms = {room for room, _ in world.post.rooms}
        assert rooms == {"other-general"}
        alone = Caller(people.PLATFORM, "", OSKAR)
        status = await world.bot.door.begin("status", alone, "setup")
        assert "Harbour Tech Workers" in shown(status)
        assert "The bot was put out of a place" in shown(status)


async def test_another_account_of_ours_is_not_believed_that_it_was_put_out(where: Where) -> None:
    async with new_world(where, change=in_two_places) as world:
        acts = Acts(world)
        await world.bot.door.places.lost(people.PLATFORM, people.SPACE, "@bot:elsewhere.example")
        await world.bot.tick()
        assert said(acts) == []
        assert (await place(acts)).gone is None
        await lose(acts)
        await world.bot.door.places.returned(
            people.PLATFORM, people.SPACE, "@bot:elsewhere.example"
        )
        assert (await place(acts)).gone is not None


async def returns(acts: Acts) -> None:
    await acts.world.bot.door.places.returned(people.PLATFORM, people.SPACE)
    await acts.world.bot.tick()


async def place(acts: Acts) -> Space:
    """The space as the community has it."""
    here = await acts.world.bot.meeting.meet(caller(WORKER))
    assert isinstance(here, Here)
    return here.space


async def test_what_a_worker_does_there_moves_no_row(acts: Acts) -> None:
    await lose(acts)
    gone = await place(acts)
    assert gone.gone is not None
    receipt = await acts.file(WORKER)
    assert text(await acts.visit(WORKER, receipt))
    await acts.world.slot()
    assert await place(acts) == gone
    assert acts.world.post.rooms == []


async def test_it_comes_back_when_the_platform_says_so(where: Where) -> None:
    """And is an employer's until a moderator says anew who can read it."""
    async with new_world(where, change=in_two_places) as world:
        acts = Acts(world)
        before = await place(acts)
        await lose(acts)
        await returns(acts)
        back = await place(acts)
        assert back == replace(before, trust=Trust.EMPLOYER_OWNED, answered=False)
        await world.slot()
        assert {room for room, _ in world.post.rooms} == {"general", "other-general"}
        await lose(acts)  # once more
        assert len(said(acts)) == 4


async def test_what_was_not_lost_does_not_return(acts: Acts) -> None:
    before = await place(acts)
    await returns(acts)
    await acts.world.bot.door.places.returned(people.PLATFORM, "another-town")
    await acts.world.bot.door.places.returned("slack", people.SPACE)
    assert await place(acts) == before


async def test_its_polls_go_on_and_staff_act_from_elsewhere(acts: Acts) -> None:
    poll = button(await opened(acts), "close_poll").subject
    form = (await acts.say(WORKER, "pulse")).form
    assert form is not None
    await lose(acts)
    before = len(acts.world.post.rooms)
    alone, door = Caller(people.PLATFORM, "", ORGANISER), acts.world.bot.door
    assert "close_poll" in names(await door.begin("list", alone, "poll"))
    await acts.world.live(days=8)
    assert "poll_outcome" in names(await door.begin("results", alone, poll)), MONDAY
    assert len(acts.world.post.rooms) == before  # nothing was said there
    assert text(await door.begin("about", caller(WORKER)))


async def test_a_place_of_nobody_is_lost_by_nobody(acts: Acts) -> None:
    await acts.world.bot.door.places.lost(people.PLATFORM, "another-town")
    await acts.world.bot.tick()
    assert said(acts) == []


@pytest.mark.parametrize("space", ["", people.SPACE])
async def test_it_is_lost_only_on_its_own_platform(acts: Acts, space: str) -> None:
    await acts.world.bot.door.places.lost("slack", space)
    assert said(acts) == []


# Taken out for good -----------------------------------------------------------------------------------


async def taken(acts: Acts, address: str = people.SPACE) -> list[str]:
    """Somebody takes the bot out of a place; what its moderators are told."""
    before = len(acts.world.post.people)
    await acts.world.bot.door.places.put_out(people.PLATFORM, address)
    await acts.world.bot.tick()
    return [one.key for _, card in acts.world.post.people[before:] for one in card.lines]


async def test_a_community_that_was_taken_out_of_all_its_places_is_forgotten_after_thirty_days(
    where: Where,
) -> None:
    async with new_world(where) as world:
        acts = Acts(world)
        await acts.file(WORKER)
        told = await taken(acts)
        assert "notice.space_gone.last" in told
        assert "notice.space_gone.goes_on" not in told
        world.clock.move(timedelta(days=30) - timedelta(hours=1))
        await world.bot.tick()
        assert len(await world.bot.communities.ids()) == 1
        world.clock.move(timedelta(hours=1, seconds=1))
        await world.bot.tick()
        assert await world.bot.communities.ids() == []
        assert Noted.BUG not in {event for event, _ in world.log.lines}


async def test_one_place_that_is_left_or_comes_back_keeps_it(where: Where) -> None:
    async with new_world(where, change=in_two_places) as world:
        acts = Acts(world)
        assert "notice.space_gone.goes_on" in await taken(acts)
        world.clock.move(timedelta(days=31))
        await world.bot.tick()
        assert "notice.space_gone.last" in await taken(acts, ELSEWHERE)
        world.clock.move(timedelta(days=29))
        await returns(acts)
        world.clock.move(timedelta(days=31))
        await world.bot.tick()
        assert len(await world.bot.communities.ids()) == 1


async def test_a_community_that_only_lost_its_places_is_kept(acts: Acts) -> None:
    """As where a token ran out, or a homeserver said so."""
    await lose(acts)
    acts.world.clock.move(timedelta(days=31))
    await acts.world.bot.tick()
    assert len(await acts.world.bot.communities.ids()) == 1
