"""How long cases are kept: the community's choice, told to everybody, and frozen in each case.

The world begins on Monday 1 June at 07:30; slots are Monday, Wednesday and Friday at 09:00.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat import Reply
from bot.domain.communities import Retention
from bot.ports import Noted
from bot.settings import Where
from tests.fakes.acts import Acts, forgotten, shown
from tests.fakes.agreeing import MODERATORS, agreed, lately, second
from tests.fakes.world import caller, folders, new_world
from tests.journeys.reading import REP, WORKER, day, fields, labels, text

OSKAR, LEILA = MODERATORS
THURSDAY = "Thursday 4 June, 07:30 (UTC)"  #: 72 hours after the beginning
EARLY, LATE, LATER = "Sent before it.", "Sent after it held.", "Sent after the slot."


@pytest.fixture
async def acts(where: Where) -> AsyncIterator[Acts]:
    async with new_world(where, change=lately) as world:
        yield Acts(world)
        assert [facts for event, facts in world.log.lines if event is Noted.BUG] == []


async def asked(acts: Acts, days: int) -> Reply:
    """A moderator asks that cases be kept so long."""
    shown = await acts.world.bot.door.begin("setup_kept", caller(OSKAR))
    return await acts.fill(OSKAR, shown, days=str(days))


async def told(acts: Acts) -> str:
    """For how long, as /about says."""
    said = fields(await acts.say("anybody", "about"))["What is kept, and for how long"]
    return said.partition(" days after its end")[0].rpartition(" ")[2]


async def resolved(acts: Acts, story: str) -> None:
    desk = await acts.desk_of(REP, story)
    await acts.fill(REP, await acts.press(REP, desk, "resolve"), outcome="You said, we did.")


async def gone(acts: Acts, receipt: str) -> str:
    return fields(await acts.visit(WORKER, receipt))["Deleted for good on"]


async def test_another_number_waits_for_two_and_everybody_is_told(acts: Acts) -> None:
    reply = await asked(acts, 30)
    assert text(reply)[0] == "Waiting"
    (what,) = fields(reply).values()
    assert what.splitlines()[0] == "How long cases are kept after their end: 30 days"
    await second(acts.world)
    waits = f"How long cases are kept after their end: from {THURSDAY} at the earliest"
    about = fields(await acts.say(WORKER, "about"))
    assert about["Changes to come, and lately"] == waits
    assert "How long cases are kept" in " ".join(text(await acts.say(WORKER, "grievance")))
    heard = [text(Reply((card,)))[1] for who, card in acts.world.post.rooms if who == "general"]
    assert any("How long cases are kept after their end" in one for one in heard)
    assert await told(acts) == "60"


async def test_a_case_keeps_the_days_that_held_when_it_was_sent(acts: Acts) -> None:
    await asked(acts, 30)
    early = await acts.file("early-worker", story=EARLY)
    await agreed(acts.world)  # Thursday: it holds, but for the next slot
    assert await told(acts) == "60"
    late = await acts.file("late-worker", story=LATE)
    await acts.world.slot()
    assert await told(acts) == "30"
    later = await acts.file("later-worker", story=LATER)
    await acts.world.slot()  # Monday 8 June
    for story in (EARLY, LATE, LATER):
        await resolved(acts, story)
    await acts.world.slot()  # Wednesday 10 June
    dates = [await gone(acts, one) for one in (early, late, later)]
    # 60 days on it is Sunday 9 August, 30 days on Friday 10 July.
    assert dates == ["10 August 2026", "10 August 2026", "10 July 2026"]
    for days in (45, 60):  # whatever is set later, none of the three moves
        await asked(acts, days)
        await agreed(acts.world)
        assert [await gone(acts, one) for one in (early, late, later)] == dates
    await acts.world.live(days=23)  # 9 July
    assert LATER in shown(await acts.visit(WORKER, later))
    await acts.world.live(days=2)
    assert forgotten(await acts.visit(WORKER, later))
    assert EARLY in shown(await acts.visit(WORKER, early))
    await acts.world.live(days=31)
    assert forgotten(await acts.visit(WORKER, early))
    assert forgotten(await acts.visit(WORKER, late))


async def test_a_message_reopens_it_till_its_last_slot_and_it_keeps_its_days(
    tmp_path: Path,
) -> None:
    def short(seeded):
        return replace(seeded, retention=Retention(30, 30))

    async with new_world(folders(tmp_path), change=short) as world:
        acts = Acts(world)
        receipt = await acts.file(WORKER)
        await world.slot()
        await acts.confirm(REP, await acts.desk(REP), "close")
        await world.slot()
        assert await gone(acts, receipt) == "3 July 2026"
        await day(acts, 29)
        await acts.write(WORKER, await acts.visit(WORKER, receipt), "It began again.")
        await day(acts, 2)  # the slot at which it would have gone
        assert fields(await acts.visit(WORKER, receipt))["State"] == "With the reps"
        await acts.confirm(REP, await acts.desk(REP), "close")
        await world.slot()
        assert await gone(acts, receipt) == "5 August 2026"


async def test_a_digest_counts_what_ended_however_soon_it_goes(tmp_path: Path) -> None:
    def short(seeded):
        return replace(seeded, retention=Retention(30, 30))

    async with new_world(folders(tmp_path), change=short) as world:
        acts = Acts(world)
        stories = [f"Number {n} of a week." for n in range(5)]
        for n, story in enumerate(stories):
            await acts.file(f"worker-{n}", story=story)
        await world.slot()
        for story in stories:
            await resolved(acts, story)
        await world.live(days=8)
        card = world.post.digests[-1][1]
        moved = fields(Reply((card,)))["What moved, in fives"]
        assert moved.splitlines()[-1] == "Cases that a rep ended: 5 more"


async def test_the_card_shows_what_is_set_and_the_form_is_filled_in_with_it(acts: Acts) -> None:
    rest = await acts.world.bot.door.begin("setup_rest", caller(LEILA))
    assert fields(rest)["How long cases are kept"].startswith("60 days after their end")
    assert "How long cases are kept" in labels(rest)
    form = await acts.press(LEILA, rest, "setup_kept")
    assert form.form is not None
    assert [one.value for one in form.form.questions] == ["60"]
    for wrong in ("29", "61", "soon"):
        again = await acts.fill(LEILA, form, days=wrong)
        assert again.form is not None
        assert [one.key for one in again.form.errors.values()] == ["invalid.number"]
