"""The digest of the running service: once a week, at its hour, whatever happens to the clock."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.sandbox import people
from bot.chat import Card, Day
from bot.domain.communities import Community, Slots
from bot.domain.digests import NEVER, WEEK, Standing
from bot.ports import DigestRow, Figure, Noted
from bot.wiring import groundswell
from storage.engine import open_engine
from storage.work import work_on
from tests.fakes.acts import Acts
from tests.fakes.lives import ORGANISER
from tests.fakes.postgres import Postgres, installation
from tests.fakes.voting import opened_poll
from tests.fakes.world import US, KeptPost, World, folders, new_world

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
FIRST = datetime(2026, 6, 1, 9, tzinfo=UTC)  #: when the seeded community's first digest is due
REPS = ["greta-holm", "ines-moreau", "karim-benali"]


@dataclass
class TimedPost(KeptPost):
    """Keeps when each digest was said, too."""

    said: list[datetime] = field(default_factory=list)

    async def to_room(
        self, space: str, room: str, card: Card, community: Community, id: str
    ) -> None:
        before = len(self.digests)
        await super().to_room(space, room, card, community, id)
        self.said += [self.clock.now()] * (len(self.digests) - before)


@asynccontextmanager
async def shelves(world: World) -> AsyncIterator[Any]:
    """What is kept, beside the bot."""
    engine = open_engine(world.where.database)
    async with work_on(engine)() as work:
        yield work
    await engine.dispose()


async def row(world: World) -> DigestRow:
    (id,) = await world.bot.communities.ids()
    async with shelves(world) as work:
        found: DigestRow = await work.digests.get(id)
        return found


async def changed(world: World, **how: Any) -> None:
    known = await row(world)
    async with shelves(world) as work:
        await work.digests.keep(replace(known, **how))


async def at(world: World, moment: datetime) -> list[Card]:
    """The clock is set, and all that is due happens: the digests that came."""
    before = len(world.post.digests)
    world.clock.at = moment
    await world.bot.tick()
    assert [facts for event, facts in world.log.lines if event is Noted.BUG] == []
    return [card for _, card in world.post.digests[before:]]


def numbers(card: Card) -> tuple[str, str]:
    """Its serial, and of how many weeks."""
    (said,) = (line for line in card.lines if line.key == "digest.serial")
    return said.facts["number"], said.facts["weeks"]


def gap(card: Card) -> tuple[date, date] | None:
    for line in card.lines:
        if line.key == "digest.gap":
            return line.facts["first"].moment.date(), line.facts["last"].moment.date()
    return None


def counted(card: Card, label: str = "digest.moved") -> dict[str, str]:
    """What it says of each figure or category: a number, or that there are too few."""
    (rows,) = (f.value.lines for f in card.fields if f.label.key == label)
    found = ((one.facts["what"].key, one.facts["count"]) for one in rows)
    return {what: count.facts.get("number", count.key) for what, count in found}


def in_time(card: Card) -> str:
    return next(line.key for line in card.lines if "in_time" in line.key).rsplit(".", 1)[1]


def missed(world: World) -> list[str]:
    """The weeks whose digest was made up for."""
    file = world.where.database.removeprefix("sqlite+aiosqlite:///")
    with closing(sqlite3.connect(file)) as kept:
        query = "SELECT period FROM ledger WHERE kind = 'digest' AND missed IS NOT NULL"
        return sorted(period for (period,) in kept.execute(query))


async def figures(world: World) -> dict[Figure, int]:
    return {name: n for name, n in (await world.bot.status.figures()).items() if n}


async def set_(world: World, **changes: str) -> None:
    """An organiser sets it, speaking to the bot alone."""
    answers = {"day": "monday", "hour": "9", "zone": "UTC", "language": "en", "addresses": ""}
    form = await world.type(ORGANISER, "digest", "set")
    assert (await world.submit(ORGANISER, form, **(answers | changes))).taken


# Once --------------------------------------------------------------------------------------------


async def test_it_comes_once_at_its_hour_to_the_organisers_room_and_each_rep_gets_a_list(
    world: World,
) -> None:
    assert await at(world, FIRST - timedelta(seconds=1)) == []
    (card,) = await at(world, FIRST)
    assert card.title.facts["date"] == Day(FIRST)
    assert (numbers(card), gap(card), in_time(card)) == (("1", "1"), None, "yes")
    assert [room for room, _ in world.post.digests] == ["organisers"]
    assert sorted(who for who, _ in world.post.own_lists) == REPS
    for later in (FIRST, FIRST + MINUTE, FIRST + WEEK - timedelta(seconds=1)):
        assert await at(world, later) == []
    (card,) = await at(world, FIRST + WEEK)
    assert numbers(card) == ("2", "2")
    assert len(world.post.own_lists) == 2 * len(REPS)


async def test_silence_is_news(world: World) -> None:
    """Nothing happened, and it comes all the same, with every figure."""
    (card,) = await at(world, FIRST)
    assert set(counted(card).values()) == {"digest.carried"}
    assert len(counted(card)) == 4


async def test_five_cases_are_shown_once_and_the_rest_is_carried_on(world: World) -> None:
    acts = Acts(world)
    for n in range(7):
        await acts.file(f"worker-{n}")
    (card,) = await at(world, FIRST)
    assert counted(card)["digest.moved.came"] == "5"
    assert counted(card, "digest.about")["category.on_call"] == "5"
    world.clock.move(DAY)
    for n in range(3):
        await acts.file(f"worker-{n}")
    await at(world, FIRST + 2 * DAY)
    (card,) = await at(world, FIRST + WEEK)
    assert counted(card)["digest.moved.came"] == "5"
    assert counted(card)["digest.moved.climbed"] == "10"
    assert in_time(card) == "no"
    (card,) = await at(world, FIRST + 2 * WEEK)
    assert set(counted(card).values()) == {"digest.carried"}
    assert in_time(card) == "no"  # nobody has taken them since


# Days off ----------------------------------------------------------------------------------------


async def test_after_days_off_the_latest_week_alone_comes_and_names_the_one_before_it(
    world: World,
) -> None:
    acts = Acts(world)
    await at(world, FIRST)
    world.clock.at = FIRST + 5 * DAY
    for n in range(6):
        await acts.file(f"worker-{n}")
    back = FIRST + 15 * DAY  # nine days and more without a process
    (card,) = await at(world, back)
    assert card.title.facts["date"] == Day(FIRST + 2 * WEEK)
    assert (numbers(card), gap(card)) == (("2", "3"), (date(2026, 6, 8), date(2026, 6, 14)))
    assert counted(card)["digest.moved.came"] == "5"
    assert counted(card)["digest.moved.climbed"] == "5"
    assert missed(world) == ["2026-06-15"]
    assert (await figures(world))[Figure.MISSED] == 6 + 1  # its slots, and the digest
    (card,) = await at(world, FIRST + 3 * WEEK)
    assert (numbers(card), gap(card), missed(world)) == (("3", "4"), None, ["2026-06-15"])


async def test_after_months_off_it_is_one_digest_too(world: World) -> None:
    (card,) = await at(world, FIRST + 20 * WEEK + HOUR)
    assert numbers(card) == ("1", "21")
    assert gap(card) == (date(2026, 6, 1), date(2026, 10, 18))


async def test_a_week_off_that_ends_at_the_hour_was_missed_as_well(world: World) -> None:
    await at(world, FIRST)
    await at(world, FIRST + 2 * WEEK + MINUTE)
    assert missed(world) == ["2026-06-15"]


@pytest.mark.parametrize(("late", "shown"), [(HOUR, []), (HOUR + MINUTE, ["2026-06-01"])])
async def test_what_comes_within_the_hour_was_not_missed(
    world: World, late: timedelta, shown: list[str]
) -> None:
    assert len(await at(world, FIRST + late)) == 1
    assert missed(world) == shown


async def test_one_that_nobody_sends_is_late_after_five_minutes(world: World) -> None:
    await at(world, FIRST)
    world.clock.at = FIRST + WEEK - MINUTE
    await world.bot.tick()
    await changed(world, due=world.clock.at)
    world.clock.move(5 * MINUTE + timedelta(seconds=1))
    assert Figure.LATE in await figures(world)


# A clock that is moved ---------------------------------------------------------------------------


@pytest.mark.parametrize("by", [2 * HOUR, DAY, 3 * WEEK])
async def test_a_clock_that_is_put_back_brings_nothing_twice(world: World, by: timedelta) -> None:
    await at(world, FIRST)
    await at(world, FIRST + WEEK)
    assert await at(world, FIRST + WEEK - by) == []
    for n in range(1, 4):
        assert await at(world, FIRST + n * DAY) == []
    assert await at(world, FIRST + WEEK) == []
    (card,) = await at(world, FIRST + 2 * WEEK)
    assert (numbers(card), gap(card)) == (("3", "3"), None)


async def test_a_clock_that_was_far_ahead_for_a_while_leaves_no_number_out(world: World) -> None:
    await at(world, FIRST)
    await at(world, FIRST + 4 * WEEK)
    assert [len(await at(world, FIRST + n * WEEK)) for n in (1, 2, 3, 4, 5)] == [0, 0, 0, 0, 1]
    assert [numbers(card) for _, card in world.post.digests] == [("1", "1"), ("2", "5"), ("3", "6")]


# A pause -----------------------------------------------------------------------------------------


async def test_paused_none_comes_and_the_first_one_after_it_counts_and_names_all(
    world: World,
) -> None:
    acts = Acts(world)
    await at(world, FIRST)
    await world.type(ORGANISER, "digest", "pause")
    world.clock.move(HOUR)
    for n in range(5):
        await acts.file(f"worker-{n}")
    for n in (1, 2):
        assert await at(world, FIRST + n * WEEK) == []
    assert "digest" not in {due.what for due in await world.bot.communities.coming()}
    world.clock.move(DAY)
    await world.press(ORGANISER, await world.type(ORGANISER, "digest"), "digest_resume")
    assert await at(world, FIRST + 3 * WEEK - MINUTE) == []
    (card,) = await at(world, FIRST + 3 * WEEK)
    assert (numbers(card), gap(card)) == (("2", "4"), (date(2026, 6, 8), date(2026, 6, 21)))
    assert counted(card)["digest.moved.came"] == "5"
    assert missed(world) == []


async def test_a_pause_that_ends_before_the_hour_is_none(world: World) -> None:
    await at(world, FIRST)
    await world.type(ORGANISER, "digest", "pause")
    world.clock.move(DAY)
    await world.press(ORGANISER, await world.type(ORGANISER, "digest"), "digest_resume")
    (card,) = await at(world, FIRST + WEEK)
    assert (numbers(card), gap(card)) == (("2", "2"), None)


# Another day, another zone -----------------------------------------------------------------------


async def test_a_day_moved_back_past_today_brings_it_at_once_and_nothing_was_missed(
    world: World,
) -> None:
    await at(world, FIRST - MINUTE)
    await set_(world, day="friday")
    assert await at(world, FIRST + 2 * DAY) == []
    await set_(world, day="tuesday")
    (card,) = await at(world, FIRST + 2 * DAY)
    assert card.title.facts["date"] == Day(FIRST + DAY)
    assert (numbers(card), gap(card)) == (("1", "1"), None)
    assert missed(world) == []
    assert (await row(world)).due == FIRST + WEEK + DAY


async def test_a_day_moved_on_after_it_came_brings_no_second_one(world: World) -> None:
    await at(world, FIRST)
    await set_(world, day="thursday")
    assert [len(await at(world, FIRST + n * DAY)) for n in (1, 3, 7, 9, 10)] == [0, 0, 0, 0, 1]


async def test_a_zone_that_turns_the_hour_back_counts_no_case_twice(world: World) -> None:
    """Sunday at 23:00 in New York is later than the Monday after it on Kiritimati."""
    acts = Acts(world)
    await set_(world, zone="America/New_York", day="sunday", hour="23")
    await at(world, datetime(2026, 6, 7, 20, tzinfo=UTC))
    for n in range(5):
        await acts.file(f"worker-{n}", "send_urgent")
    night = datetime(2026, 6, 8, 3, tzinfo=UTC)
    (card,) = await at(world, night)
    assert counted(card)["digest.moved.came"] == "5"
    await set_(world, zone="Pacific/Kiritimati", day="monday", hour="0")
    (card,) = await at(world, night)
    assert (numbers(card), counted(card)["digest.moved.came"]) == (("2", "2"), "digest.carried")
    assert (await row(world)).standing.since == night
    (card,) = await at(world, datetime(2026, 6, 14, 10, tzinfo=UTC))
    assert (numbers(card), counted(card)["digest.moved.came"]) == (("3", "3"), "digest.carried")


@pytest.mark.parametrize("moved", [-3 * HOUR, -HOUR, HOUR, 3 * HOUR])
async def test_where_a_zones_rules_changed_it_comes_once_at_the_later_hour(
    world: World, moved: timedelta
) -> None:
    """``moved``: what was reckoned by the old rules, against the new ones."""
    await at(world, FIRST)
    due = FIRST + WEEK
    await changed(world, due=due + moved)
    comes = max(due, due + moved)
    assert await at(world, min(due, due + moved)) == []
    assert await at(world, comes - MINUTE) == []
    (card,) = await at(world, comes)
    assert (numbers(card), gap(card)) == (("2", "2"), None)
    assert (missed(world), (await row(world)).due) == ([], due + WEEK)


CHANGES = [
    ("Europe/Paris", "2026-03-29", 2),
    ("Europe/Paris", "2026-10-25", 2),
    ("America/New_York", "2026-11-01", 1),
    ("Australia/Lord_Howe", "2026-10-04", 2),
]


@pytest.mark.parametrize(("zone", "day", "hour"), CHANGES)
async def test_over_a_change_of_summer_time_it_comes_once_a_week_by_the_wall(
    tmp_path: Path, zone: str, day: str, hour: int
) -> None:
    """Sundays at an hour that is skipped or repeated: what a walk minute by minute finds first."""
    wall, sunday = ZoneInfo(zone), datetime.fromisoformat(day)
    begins = (sunday - 6 * DAY).replace(tzinfo=wall).astimezone(UTC)
    expected = list[datetime]()
    moment, seen = begins, set[date]()
    while moment < begins + 21 * DAY:
        local = moment.astimezone(wall)
        if local.weekday() == 6 and local.hour >= hour and local.date() not in seen:
            seen.add(local.date())
            expected.append(moment)
        moment += MINUTE
    post = TimedPost()

    def change(seeded: Community) -> Community:
        return replace(seeded, slots=Slots(zone, (0, 3), time(17)))

    async with new_world(folders(tmp_path), post=post, change=change, begins=begins) as world:
        await set_(world, day="sunday", hour=str(hour), zone=zone)
        await world.live(days=21)
    assert post.said == expected
    assert [numbers(card)[0] for _, card in post.digests] == ["1", "2", "3"]


# What comes first --------------------------------------------------------------------------------


async def alone(world: World, *before_it: str) -> list[Card]:
    """What is due of these beats happens, then the digest is looked for, and nothing else."""
    beats = {one.name: one for one in world.bot.heartbeat._beats}
    before = len(world.post.digests)
    for name in (*before_it, "digests.due"):
        for id in await beats[name].waiting():
            await beats[name].ask(id)
    await world.bot.postman.drain()
    return [card for _, card in world.post.digests[before:]]


async def test_a_slot_of_the_same_moment_comes_before_it_whichever_process_is_first(
    world: World,
) -> None:
    acts = Acts(world)
    for n in range(5):
        await acts.file(f"worker-{n}")
    world.clock.at = FIRST
    assert await alone(world) == []
    (card,) = await at(world, FIRST)
    assert counted(card)["digest.moved.came"] == "5"


async def test_a_poll_that_closes_at_the_same_moment_is_in_it(world: World) -> None:
    await at(world, FIRST)
    poll = await opened_poll(Acts(world), days=7)
    world.clock.at = FIRST + WEEK
    assert await alone(world, "release.due", "climbing.due") == []
    (card,) = await at(world, FIRST + WEEK)
    assert [b.subject for b in card.buttons if b.name == "results"] == [poll]


async def test_a_deadline_of_the_same_moment_is_in_it(world: World) -> None:
    acts = Acts(world)
    await at(world, FIRST - MINUTE)
    await set_(world, day="tuesday")
    for n in range(5):
        await acts.file(f"worker-{n}")
    await at(world, FIRST)
    world.clock.at = FIRST + DAY
    assert await alone(world, "release.due", "polls.close") == []
    (card,) = await at(world, FIRST + DAY)
    assert counted(card)["digest.moved.climbed"] == "5"
    assert in_time(card) == "no"


async def test_a_case_that_cannot_be_opened_stops_no_digest(world: World) -> None:
    acts = Acts(world)
    for n in range(6):
        await acts.file(f"worker-{n}")
    await at(world, FIRST)
    file = world.where.database.removeprefix("sqlite+aiosqlite:///")
    with closing(sqlite3.connect(file)) as kept, kept:
        kept.execute("UPDATE cases SET sealed = x'00' WHERE id = (SELECT min(id) FROM cases)")
    (card,) = await at(world, FIRST + WEEK)
    assert counted(card)["digest.moved.climbed"] == "5"
    assert (Noted.WARNED, {"kind": "BadSeal", "place": "cases"}) in world.log.lines
    (card,) = await at(world, FIRST + 2 * WEEK)
    assert numbers(card) == ("3", "3")


async def test_a_case_whose_key_is_gone_stops_no_digest(world: World) -> None:
    await Acts(world).file("worker")
    await at(world, FIRST)
    file = world.where.key_store.removeprefix("sqlite+aiosqlite:///")
    with closing(sqlite3.connect(file)) as kept, kept:
        kept.execute("DELETE FROM case_keys")
    (card,) = await at(world, FIRST + WEEK)
    assert numbers(card) == ("2", "2")


# From an older schema ----------------------------------------------------------------------------

MIGRATED = {
    "due": NEVER,
    "standing": Standing(date(1970, 1, 5), date(1970, 1, 5), NEVER),
}


async def test_a_community_that_was_there_before_digests_begins_with_the_next_hour(
    world: World,
) -> None:
    world.clock.at = FIRST + 2 * DAY
    await changed(world, **MIGRATED)
    assert await at(world, FIRST + 2 * DAY) == []
    assert (await row(world)).due == FIRST + WEEK
    assert missed(world) == []
    (card,) = await at(world, FIRST + WEEK)
    assert (numbers(card), gap(card)) == (("1", "1"), None)


@pytest.mark.parametrize("how", ["looked", "set", "paused", "paused in the same week"])
async def test_whatever_is_done_there_before_the_first_tick_its_first_week_is_the_first(
    world: World, how: str
) -> None:
    world.clock.at = FIRST + 2 * DAY
    await changed(world, **MIGRATED)
    if how == "looked":
        await world.type(ORGANISER, "digest", "preview")
    elif how == "set":
        await set_(world, day="monday")
    else:
        await world.type(ORGANISER, "digest", "pause")
        world.clock.move(DAY if "same" in how else 2 * WEEK)
        await world.press(ORGANISER, await world.type(ORGANISER, "digest"), "digest_resume")
    first = FIRST + (3 * WEEK if how == "paused" else WEEK)
    assert await at(world, first - MINUTE) == []
    (card,) = await at(world, first)
    assert (numbers(card), gap(card)) == (("1", "1"), None)


# Several processes -------------------------------------------------------------------------------


async def test_two_processes_at_once_send_one_digest(postgres: Postgres, tmp_path: Path) -> None:
    async with installation(postgres, tmp_path) as where, new_world(where) as world:
        posts = {people.PLATFORM: world.post}
        parts = (where, US, posts, world.clock, world.chance, world.log)
        async with groundswell(*parts, room_delay=timedelta(0), charts=world.charts) as second:
            for n in range(1, 5):
                world.clock.at = FIRST + n * WEEK
                bots = (world.bot, second, world.bot, second)
                await asyncio.gather(*(one.tick() for one in bots))
                for one in bots[:2]:
                    await one.tick()
                assert len(world.post.digests) == n
                assert len(world.post.own_lists) == n * len(REPS)
    assert [numbers(card)[0] for _, card in world.post.digests] == ["1", "2", "3", "4"]
    assert [facts for event, facts in world.log.lines if event is Noted.BUG] == []


# What an hour that was chosen may not tell --------------------------------------------------------


async def test_over_less_than_six_days_nothing_is_counted_and_nothing_is_lost(world: World) -> None:
    """An organiser moves the hour about: no digest counts what came in between alone."""
    acts = Acts(world)
    await set_(world, day="sunday", hour="23")
    sunday = FIRST + timedelta(days=6, hours=14)
    assert len(await at(world, sunday)) == 1
    for n in range(5):
        await acts.file(f"worker-{n}")
    await set_(world, day="wednesday", hour="9")
    wednesday = FIRST + WEEK + 2 * DAY
    (card,) = await at(world, wednesday)
    assert counted(card)["digest.moved.came"] == "digest.carried", "three days: it counts next time"
    (card,) = await at(world, wednesday + WEEK)
    assert counted(card)["digest.moved.came"] == "5"


# What is damaged ----------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["sealed_addresses", "carried"])
async def test_a_damaged_seal_stops_no_digest(world: World, column: str) -> None:
    await at(world, FIRST)
    await changed(world, **{column: b"not what was sealed"})
    (card,) = await at(world, FIRST + WEEK)
    assert numbers(card) == ("2", "2")
    assert (Noted.WARNED, {"kind": "BadSeal", "place": "digests"}) in world.log.lines
    assert (await world.type(ORGANISER, "digest")).cards[0].title.key == "digest.settings"
