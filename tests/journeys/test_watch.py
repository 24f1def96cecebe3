"""The watch over weeks: who comes on duty is told once, roles end by themselves, traces go."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.chat import Reply
from bot.domain.communities import Account, Community, Grant, Role, Rota, Staff
from bot.settings import Where
from tests.fakes.acts import Acts
from tests.fakes.world import MONDAY as START
from tests.fakes.world import World, caller, new_world
from tests.journeys.reading import ON_DUTY, REP, THIRD, WORKER, fields, text

FIRST = START.replace(hour=9, minute=0)  #: the first handover
WEEK, DAY, HOUR = timedelta(days=7), timedelta(days=1), timedelta(hours=1)
ENDS = START + 60 * DAY

Change = Callable[[Community], Community]


def in_turn(*names: str) -> Change:
    def change(seeded: Community) -> Community:
        ids = {one.name.split()[0]: one.id for one in seeded.staff}
        return replace(seeded, rota=Rota(tuple(ids[name] for name in names)))

    return change


def ending(name: str, *, also: Role | None = None, ends: datetime = ENDS) -> Change:
    """Somebody's role as rep ends early; ``also``: another role that goes on."""

    def changed(one: Staff) -> Staff:
        if not one.name.startswith(name):
            return one
        grants = (Grant(Role.REP, START - DAY, ends),)
        grants += (Grant(also, START - DAY, START + 300 * DAY),) if also else ()
        return replace(one, grants=grants)

    return lambda seeded: replace(seeded, staff=tuple(changed(one) for one in seeded.staff))


@pytest.fixture
async def acts(where: Where) -> AsyncIterator[Acts]:
    async with new_world(where, change=in_turn("Karim", "Greta", "Ines")) as world:
        yield Acts(world)


async def moved(acts: Acts, at: datetime, step: timedelta | None = None) -> list[tuple[str, str]]:
    """The clock goes to a moment, by steps or at once; what people were told on the way."""
    world = acts.world
    while step and world.clock.at + step < at:
        world.clock.move(step)
        await world.bot.tick()
    world.clock.at = at
    await world.bot.tick()
    said = [(who, text(Reply((card,)))[1]) for who, card in world.post.people]
    world.post.people.clear()
    return said


def about_duty(said: list[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """(who, from, until) of the notices that somebody is on duty."""
    found = [(who, words.split(" new cases")[0]) for who, words in said if "new cases" in words]
    return [(who, *words.removeprefix("From ").split(" until ")) for who, words in found]


def shown(at: datetime) -> str:
    return f"{at:%A} {at.day} {at:%B}, {at:%H:%M} (UTC)"


def rows(world: World, table: str) -> list[tuple[object, ...]]:
    line = sqlite3.connect(world.where.data / "groundswell.db")
    try:
        return list(line.execute(f"SELECT * FROM {table}"))
    finally:
        line.close()


async def community(acts: Acts) -> Community:
    return (await acts.world.bot.communities.meet(caller("anyone"))).community


# Handovers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [None, 16 * HOUR])
async def test_at_each_handover_whoever_comes_on_duty_is_told_once(
    acts: Acts, step: timedelta | None
) -> None:
    for week in range(7):
        at = FIRST + week * WEEK
        who = (REP, THIRD, ON_DUTY)[week % 3]
        expected = [(who, shown(at), shown(at + WEEK))]
        assert about_duty(await moved(acts, at, step)) == expected
        assert about_duty(await moved(acts, at)) == []
    assert about_duty(await moved(acts, at + DAY)) == []


async def test_nobody_is_told_before_the_moment(acts: Acts) -> None:
    assert await moved(acts, FIRST - timedelta(seconds=1)) == []
    assert len(await moved(acts, FIRST)) == 1


async def test_after_days_off_only_the_present_week_is_told(acts: Acts) -> None:
    said = about_duty(await moved(acts, FIRST + 3 * WEEK + 2 * DAY))
    assert said == [(REP, shown(FIRST + 3 * WEEK), shown(FIRST + 4 * WEEK))]


async def test_who_is_on_duty_every_week_is_not_told_so_every_week(where: Where) -> None:
    async with new_world(where) as world:
        assert about_duty(await moved(Acts(world), FIRST + 5 * WEEK, DAY)) == []


async def test_a_shift_that_was_taken_is_told_when_it_begins_and_the_others_when_it_ends(
    acts: Acts,
) -> None:
    await moved(acts, FIRST)
    form = await acts.say(REP, "duty", "offer")
    await acts.fill(REP, form, **{"from": "2026-06-03 12:00", "until": "2026-06-04 12:00"})
    await acts.press(ON_DUTY, await acts.say(ON_DUTY, "duty"), "take")
    begins, ends = FIRST + 2 * DAY + 3 * HOUR, FIRST + 3 * DAY + 3 * HOUR
    assert about_duty(await moved(acts, begins - HOUR)) == []
    assert about_duty(await moved(acts, begins)) == [(ON_DUTY, shown(begins), shown(ends))]
    assert about_duty(await moved(acts, ends)) == [(REP, shown(ends), shown(FIRST + WEEK))]


async def test_changes_that_are_over_are_dropped_and_those_ahead_stay(acts: Acts) -> None:
    await moved(acts, FIRST)
    for begins, until in (("2026-06-03", "2026-06-03"), ("2026-06-05", "2026-06-20")):
        form = await acts.say(REP, "duty", "away")
        await acts.fill(REP, form, **{"from": begins, "until": until})
    assert len(rows(acts.world, "duty_changes")) == 2
    await moved(acts, FIRST + 4 * DAY)
    (left,) = (await community(acts)).changes
    assert left.ends == datetime.fromisoformat("2026-06-21T00:00:00+00:00")
    await moved(acts, FIRST + 20 * DAY)
    assert rows(acts.world, "duty_changes") == []


async def test_what_a_rep_changes_before_an_overdue_look_loses_nothing(acts: Acts) -> None:
    acts.world.clock.at = FIRST + HOUR  # the handover has come, nobody has looked yet
    await acts.say(THIRD, "duty", "on")
    said = about_duty(await moved(acts, FIRST + HOUR))
    assert (REP, shown(FIRST), shown(FIRST + WEEK)) in said


async def test_a_clock_that_jumps_back_tells_nothing_twice(acts: Acts) -> None:
    assert len(await moved(acts, FIRST + HOUR)) == 1
    assert await moved(acts, FIRST - HOUR) == []
    assert await moved(acts, FIRST + 2 * HOUR) == []


async def test_the_bulletin_and_reps_say_who_is_on_duty_until_when_and_what_is_promised(
    acts: Acts,
) -> None:
    await moved(acts, FIRST)
    (card,) = [card for room, card in acts.world.post.rooms if room == "general"]
    said = text(Reply((card,)))
    assert f"On duty: Karim Benali (rep), until {shown(FIRST + WEEK)}." in said
    promise = "Someone must acknowledge a case within 24 hours of its release."
    assert promise in said
    reply = await acts.say(WORKER, "reps")
    assert fields(reply)["On duty"] == f"Karim Benali (rep), until {shown(FIRST + WEEK)}"
    assert promise in text(reply)


# The end of a role ------------------------------------------------------------------------------


async def test_a_role_warns_once_ends_by_itself_and_its_traces_go(where: Where) -> None:
    async with new_world(where, change=ending("Karim")) as world:
        acts = Acts(world)
        (karim,) = [one for one in (await community(acts)).staff if one.name == "Karim Benali"]
        assert await moved(acts, ENDS - 14 * DAY - timedelta(seconds=1), 5 * DAY) == []
        warned = "Your role ends on 31 July 2026: rep."
        ((who, words),) = await moved(acts, ENDS - 14 * DAY)
        assert (who, words.startswith(warned)) == (REP, True)
        assert await moved(acts, ENDS - timedelta(seconds=1), 5 * DAY) == []
        assert text(await acts.say(REP, "cases"))[0] == "Your cases"
        world.clock.at = ENDS
        assert text(await acts.say(REP, "cases"))[0] == "Not done"  # before anybody looked
        ((who, words),) = await moved(acts, ENDS)
        assert (who, words.startswith("Your role ended on 31 July 2026: rep.")) == (REP, True)
        assert "Karim" not in fields(await acts.say(WORKER, "reps"))["Reps"]
        await moved(acts, ENDS + 30 * DAY - timedelta(seconds=1), 5 * DAY)
        assert karim.id in {row[0] for row in rows(world, "staff")}
        assert await moved(acts, ENDS + 30 * DAY) == []
        for table in ("staff", "accounts", "grants", "duty_changes", "communities", "ledger"):
            assert karim.id not in repr(rows(world, table)), table
        assert text(await acts.say(REP, "cases"))[0] == "Not done"


async def test_what_else_a_person_holds_goes_on(where: Where) -> None:
    async with new_world(where, change=ending("Karim", also=Role.MODERATOR)) as world:
        acts = Acts(world)
        await moved(acts, ENDS + 31 * DAY, 5 * DAY)
        (karim,) = [one for one in (await community(acts)).staff if one.name == "Karim Benali"]
        assert (karim.roles, len(karim.grants)) == ({Role.MODERATOR}, 1)
        assert text(await acts.say(REP, "setup"))[0] == "Set-up of Harbour Tech Workers"
        assert text(await acts.say(REP, "cases"))[0] == "Not done"


async def test_when_the_rep_on_duty_leaves_the_next_steps_in_and_is_told(where: Where) -> None:
    turns, ends = in_turn("Karim", "Greta", "Ines"), FIRST + 3 * DAY
    change = ending("Karim", ends=ends)
    async with new_world(where, change=lambda one: change(turns(one))) as world:
        acts = Acts(world)
        await moved(acts, FIRST)
        said = about_duty(await moved(acts, ends))
        assert said == [(THIRD, shown(ends), shown(FIRST + WEEK))]
        told = [about_duty(await moved(acts, FIRST + n * WEEK)) for n in range(1, 4)]
        assert [[who for who, *_ in one] for one in told] == [[ON_DUTY], [THIRD], [ON_DUTY]]
        harbour = await community(acts)
        assert [harbour.person(one).name for one in harbour.rota.order].count("Karim Benali") == 0


async def test_after_days_off_an_end_that_came_is_told_and_no_warning_any_more(
    where: Where,
) -> None:
    async with new_world(where, change=ending("Karim")) as world:
        acts = Acts(world)
        ((who, words),) = await moved(acts, ENDS + DAY)
        assert (who, "ended on" in words) == (REP, True)


async def test_a_role_held_longer_is_warned_of_its_new_end_alone(where: Where) -> None:
    async with new_world(where, change=ending("Karim")) as world:
        acts = Acts(world)
        await moved(acts, ENDS - 15 * DAY)
        here = await world.bot.communities.meet(caller("oskar-brandt"))
        offer = await world.bot.roles.offer(
            here.community, "Karim Benali", Role.REP, for_=Account("sandbox", REP)
        )
        await world.bot.door.begin("accept", caller(REP), offer.token)
        assert await moved(acts, ENDS + DAY, DAY) == []
        assert text(await acts.say(REP, "cases"))[0] == "Your cases"
        later = ENDS - 15 * DAY + 351 * DAY
        ((who, words),) = [one for one in await moved(acts, later, 5 * DAY) if "role" in one[1]]
        assert (who, "ends on" in words) == (REP, True)
