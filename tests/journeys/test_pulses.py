"""The same is asked again and again: waves open at their hour, once, and an ended pulse opens none."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from adapters.sandbox import people
from bot.chat import Card, Reply
from bot.domain.communities import Community, Slots
from bot.domain.polls.bank import BANK
from bot.ports import SpaceRow, Work
from bot.settings import Where
from storage.communities.rows import space_to_row
from storage.tables import spaces
from storage.work import SqlWork, work_on
from tests.contract.conftest import opened as engine_on
from tests.contract.rows import SLOT, pulse
from tests.fakes.acts import Acts, names, shown
from tests.fakes.world import World, caller, new_world
from tests.journeys.asking import (
    at,
    first_line,
    is_open,
    many,
    opened,
    place,
    planned,
    posted,
    results,
)
from tests.journeys.reading import ORGANISER, WORKER, fields, text


def waves(world: World, room: str = "general") -> list[str]:
    """Which waves a room was told of, the openings alone."""
    cards = [one for one in posted(world, room) if one.cards[0].title.key == "pulse.wave"]
    openings = [one for one in cards if _opens(one.cards[0])]
    return [text(one)[0].removeprefix("Pulse, wave ") for one in openings]


def moments(world: World) -> list[datetime]:
    """When each opening was told."""
    return [
        at for at, _, card in world.post.heard if card.title.key == "pulse.wave" and _opens(card)
    ]


def _opens(card: Card) -> bool:
    return "poll.opens" in [one.key for one in card.lines]  # else it reminds


@asynccontextmanager
async def behind(world: World) -> AsyncIterator[Work]:
    """The world's tables, changed as no command can yet."""
    async with engine_on(world.where.database) as engine, work_on(engine)() as work:
        yield work


# Planning ----------------------------------------------------------------------------------------


async def test_a_planned_pulse_says_when_its_waves_come(acts: Acts) -> None:
    reply = await planned(acts, bank=["stay", "recommend"], start="2026-06-03 14:00")
    assert text(reply) == [
        "The pulse is planned",
        "The first wave opens Wednesday 3 June, 14:00 (UTC).",
        "Then every week at the same hour.",
        "Each wave is open for 3 days.",
        "Questions in the first wave: 2.",
    ]
    assert not await is_open(acts)
    await acts.world.live(days=3)
    assert await is_open(acts)
    assert moments(acts.world) == [datetime(2026, 6, 3, 14, tzinfo=UTC)]


async def test_a_start_on_a_day_alone_is_at_the_hour_of_the_slots(acts: Acts) -> None:
    reply = await planned(acts, start="2026-06-04")
    assert text(reply)[1] == "The first wave opens Thursday 4 June, 09:00 (UTC)."


async def test_the_list_names_what_is_open_what_is_planned_and_what_is_closed(acts: Acts) -> None:
    await planned(acts)
    await acts.world.live(days=5)
    await opened(acts)
    listed = await acts.say(ORGANISER, "poll", "list")
    assert list(fields(listed)) == ["1. Open", "2. Pulse", "3. Closed Thursday 4 June, 07:00 (UTC)"]
    assert names(listed) == ["close_poll", "close_poll", "results"]
    assert fields(listed)["2. Pulse"] == "The next wave opens Monday 8 June, 07:00 (UTC)."


async def test_the_bank_is_shown_with_what_each_question_is_good_for(acts: Acts) -> None:
    reply = await acts.say(ORGANISER, "poll", "bank")
    assert "ignored" in shown(reply)  # it is a button, no word
    reply = await acts.press(ORGANISER, await acts.say(ORGANISER, "poll"), "bank")
    assert len(fields(reply)) == len(BANK)


# The waves ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("every", "days", "later"),
    [
        ("weekly", 28, ["1 June", "8 June", "15 June", "22 June", "29 June"]),
        ("fortnightly", 28, ["1 June", "15 June", "29 June"]),
        ("monthly", 61, ["1 June", "1 July", "1 August"]),
    ],
)
async def test_waves_open_as_far_apart_as_planned(
    acts: Acts, every: str, days: int, later: list[str]
) -> None:
    await planned(acts, every=every, days="2")
    await acts.world.live(days=days)
    assert [f"{at:%-d %B}" for at in moments(acts.world)] == later
    assert len(results(acts)) == len(later) - 1  # the last is open yet


async def test_after_nine_days_off_only_the_wave_that_is_due_now_is_opened(acts: Acts) -> None:
    await planned(acts)
    await acts.world.live(days=4)
    acts.world.clock.move(timedelta(days=12))  # waves 2 and 3 should have opened; 3 is open yet
    await acts.world.bot.tick()
    assert waves(acts.world) == ["1", "3"]
    open_now = fields(await acts.say(ORGANISER, "poll", "close"))["1. Open"]
    assert open_now.endswith("Open until Thursday 18 June, 07:00 (UTC).")


async def test_a_wave_whose_time_is_over_is_never_opened_late(acts: Acts) -> None:
    await planned(acts)
    await acts.world.live(days=4)
    acts.world.clock.move(timedelta(days=9))  # wave 2 opened and closed meanwhile
    await acts.world.bot.tick()
    assert waves(acts.world) == ["1"]
    await acts.world.live(days=2)
    assert waves(acts.world) == ["1", "3"]


async def test_summer_time_keeps_the_hour(where: Where) -> None:
    def in_lisbon(seeded: Community) -> Community:
        return replace(seeded, slots=Slots(zone="Europe/Lisbon"))

    begins = datetime(2026, 10, 13, 6, 30, tzinfo=UTC)
    async with new_world(where, change=in_lisbon, begins=begins) as world:
        acts = Acts(world)
        await planned(acts, start="2026-10-14 18:00")
        await world.live(days=20)
        hours = [(at.day, at.hour) for at in moments(world)]
        assert hours == [(14, 17), (21, 17), (28, 18)]  # UTC; by the wall it is always 18:00


async def test_more_questions_than_fit_take_turns(acts: Acts) -> None:
    bank = list(BANK)[:7]
    await planned(acts, bank=bank, comment="yes", days="1")
    asked = []
    for _ in range(3):
        form = (await acts.say(WORKER, "pulse")).form
        assert form is not None
        assert [one.id for one in form.questions] == ["q1", "q2", "q3", "q4", "comment"]
        asked.append([one.label.key.split(".")[1] for one in form.questions[:4]])
        await acts.world.live(days=7)
    assert asked == [bank[:4], [*bank[4:], bank[0]], bank[1:5]]


async def test_the_trend_is_of_what_a_question_came_to_each_time(acts: Acts) -> None:
    await planned(acts, days="1")
    for given in (["yes"] * 4 + ["no"] * 4, ["yes"] * 2, ["yes"] * 2 + ["no"] * 6):
        await many(acts, given)
        await acts.world.live(days=7)
    (line,) = [one for one in acts.world.charts.asked[-1] if one.points]
    assert [(one.low, one.high) for one in line.points] == [(50, 75), (None, None), (None, None)]
    again = ["yes"] * 3 + ["no"] * 5
    await many(acts, again)
    await acts.world.live(days=7)
    (line,) = [one for one in acts.world.charts.asked[-1] if one.points]
    assert [one.low for one in line.points] == [50, None, None, 25]
    reply = results(acts)[-1]
    assert (
        "wave 1 50-75 %, wave 2 not shown, wave 3 not shown, and wave 4 25-50 %."
        in (fields(reply)["Over time"])
    )
    assert reply.cards[0].picture is not None
    assert fields(reply)["Over time"] in reply.cards[0].picture.alt


async def test_older_results_show_no_later_wave(acts: Acts) -> None:
    await planned(acts, days="1")
    for _ in range(2):
        await many(acts, ["yes"] * 4 + ["no"] * 4)
        await acts.world.live(days=7)
    listed = await acts.say(ORGANISER, "poll", "results")
    buttons = listed.cards[0].buttons
    assert len(buttons) == 2
    door = acts.world.bot.door
    first = await door.begin("results", caller(ORGANISER), buttons[1].subject)
    assert text(first)[0] == "Pulse results, wave 1"
    assert "Over time" not in fields(first)


# Its end -----------------------------------------------------------------------------------------


async def test_an_ended_pulse_opens_no_more_and_its_open_wave_goes_on(acts: Acts) -> None:
    reply = await planned(acts)
    await many(acts, ["yes"] * 4 + ["no"] * 3)
    ended = await acts.confirm(ORGANISER, reply, "close_poll")
    assert text(ended)[0] != "Not done"
    assert await is_open(acts)
    await acts.world.live(days=30)
    assert waves(acts.world) == ["1"]
    assert first_line(results(acts)[-1]) == ["Yes: 50-75 %", "No: 25-50 %"]


async def test_a_pulse_is_ended_from_the_list_too(acts: Acts) -> None:
    await planned(acts, start="2026-06-10")
    listed = await acts.say(ORGANISER, "poll", "close")
    assert names(listed) == ["close_poll"]
    await acts.confirm(ORGANISER, listed, "close_poll")
    assert names(await acts.say(ORGANISER, "poll", "close")) == []
    await acts.world.live(days=20)
    assert waves(acts.world) == []


async def test_a_wave_closed_early_is_followed_by_the_next(acts: Acts) -> None:
    await planned(acts)
    listed = await acts.say(ORGANISER, "poll", "close")
    assert len(names(listed)) == 2
    await acts.confirm(ORGANISER, listed, "close_poll")  # the wave comes first
    await acts.world.bot.tick()
    assert not await is_open(acts)
    await acts.world.live(days=7)
    assert waves(acts.world) == ["1", "2"]


# Who is asked ------------------------------------------------------------------------------------


async def test_a_wave_is_left_out_where_fewer_than_ten_people_may_answer(where: Where) -> None:
    async with new_world(where, change=lambda one: replace(one, members=9)) as world:
        (id,) = await world.bot.communities.ids()
        row = pulse(community=id, bank=("stay",), first=SLOT, days=3, comment=False)
        async with behind(world) as work:
            await work.polls.add_pulse(row, row.first)
        await world.live(days=20)
        assert posted(world) == []
        acts = Acts(world)
        assert not await is_open(acts)
        listed = await acts.say(ORGANISER, "poll", "list")
        assert fields(listed)["1. Pulse"].startswith("The next wave opens Monday 29 June")
        assert {event.value for event, _ in world.log.lines} == {"slot"}


async def test_a_place_that_is_added_later_is_not_told_of_what_it_was_not_asked(
    acts: Acts,
) -> None:
    await planned(acts)
    await many(acts, ["yes"] * 4 + ["no"] * 4)
    await add_hall(acts.world)
    assert (await in_hall(acts)).form is None  # what is open was not asked there
    await acts.world.live(days=6)
    assert [room for room, card in acts.world.post.rooms if "results" in card.title.key] == [
        "general"
    ]
    assert waves(acts.world, "hall-general") == []
    await acts.world.live(days=1)
    assert waves(acts.world, "hall-general") == ["2"]
    assert (await in_hall(acts)).form is not None
    await many(acts, ["yes"] * 4 + ["no"] * 4)
    await acts.world.live(days=7)
    (there,) = results(acts, "hall-general")
    assert "Over time" not in fields(there)  # other people are no change of mind


async def test_the_bulletin_of_a_place_names_only_what_can_be_answered_there(acts: Acts) -> None:
    await opened(acts, days="30")
    await add_hall(acts.world)
    await acts.world.live(days=8)
    said = {
        room: shown(Reply((card,)))
        for room, card in acts.world.post.rooms
        if card.title.key == "bulletin.title"
    }
    assert "Shall we ask for rest days?" in said["general"]
    assert "Shall we ask for rest days?" not in said["hall-general"]
    assert '"pulse"' not in said["hall-general"]


async def add_hall(world: World) -> None:
    """A place of the community that was not there before."""
    (id,) = await world.bot.communities.ids()
    mark = world.bot.communities.space_mark(people.PLATFORM, place(2).address)
    async with engine_on(world.where.database) as engine, engine.begin() as connection:
        row = space_to_row(SpaceRow(place(2), id, mark))
        await connection.execute(insert(spaces).values(row))
        await SqlWork(connection).communities._changed(id)


async def in_hall(acts: Acts) -> Reply:
    return await acts.world.bot.door.begin("pulse", at("hall-town", WORKER))
