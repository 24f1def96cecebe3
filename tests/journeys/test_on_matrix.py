"""Journeys over a real homeserver: each person with a client of their own, all of it encrypted.

The community has two spaces, one in the sandbox and one on Matrix, with one list of cases and one
floor. Each test begins on a Monday at 07:30 UTC; slots are Monday, Wednesday and Friday at 09:00.
"""

from datetime import timedelta

import pytest

from adapters.sandbox.people import OUTSIDE_BODY
from tests.fakes.acts import RECEIPT, STORY, Acts, shown
from tests.fakes.matrix_talk import Talk
from tests.fakes.matrix_town import CODE, Town
from tests.journeys.reading import REP as IN_THE_SANDBOX

pytestmark = [pytest.mark.xdist_group("synapse"), pytest.mark.asyncio(loop_scope="module")]

ON_CALL, SURVEILLANCE, ETHICS = "4", "6", "8"
LEAVES_NOBODY_OUT, LEAVES_INES_OUT = "skip", "2"


def day(town: Town, days: int = 0, at: str = "09:00") -> str:
    """So many days from now, as it is told."""
    then = town.world.clock.at + timedelta(days=days)
    return f"{then:%A} {then.day} {then:%B}, {at} (UTC)"


async def filed(town: Town, category: str, leaves_out: str = LEAVES_NOBODY_OUT) -> str:
    """A worker files a grievance; gives its receipt."""
    worker = await town.begun("worker")
    await worker.lines("!grievance", CODE, "1", category, "2", "4", STORY, leaves_out)
    (receipt,) = set(RECEIPT.findall(await worker.says("send")))
    assert "The receipt is yours now" in await worker.says("saved")
    return str(receipt)


async def looked(town: Town, receipt: str) -> tuple[Talk, str]:
    """The worker comes back another time, with nothing but the receipt; and what they read."""
    worker = await town.begun("worker")
    return worker, await worker.lines("!receipt", CODE, receipt.lower().replace("-", " "))


async def test_a_worker_sees_the_label_before_they_type_a_word(town: Town) -> None:
    worker = town.talk("worker")
    assert "!grievance" in await worker.opens()
    assert "Community code" in await worker.says("!grievance")
    label = await worker.says(CODE)
    assert "Your name is not kept" in label
    assert "or the bot's can tell that you write to this bot, and when." in label
    assert "may read what you type" not in label
    assert "1. Continue" in label


async def test_a_worker_is_heard(town: Town) -> None:
    rep = await town.begun("rep")
    receipt = await filed(town, ON_CALL)

    await town.world.slot()
    assert f"A case needs you by {day(town, 1)}." in await rep.hears("needs you")
    assert STORY in await rep.lines("!cases", "1")
    assert "You took this case." in await rep.says("acknowledge")
    assert "Your question is kept." in await rep.lines("2", "How often?", "send")

    await town.world.slot()
    worker, view = await looked(town, receipt)
    assert "asked: How often?" in view
    assert "Readers see your message on" in await worker.lines("1", "Every night.", "send")

    await town.world.slot()
    assert "The reporter: Every night." in await rep.lines("!cases", "1")
    await rep.lines("resolve with an outcome", "You said, we did.", "send")

    await town.world.slot()
    _, view = await looked(town, receipt)
    assert "State: Resolved" in view
    assert "You said, we did." in view

    town.world.clock.move(timedelta(days=63))
    await town.world.bot.tick()
    _, view = await looked(town, receipt)
    assert "opens nothing" in view


async def test_nobody_answers_and_the_case_climbs(town: Town) -> None:
    rep, organiser = await town.begun("rep"), await town.begun("organiser")
    await rep.lines("!duty", "quiet hours", "08:00", "11:00", "UTC")
    assert "08:00" in await rep.says("send")
    receipt = await filed(town, ON_CALL)

    await town.world.slot()
    needed = f"A case needs you by {day(town, 1, '11:00')}."
    await town.world.live(hours=1)
    assert await rep.news() == "", "their quiet hours"
    await town.world.live(hours=1)
    assert needed in await rep.hears("needs you")

    await town.world.live(hours=24)
    assert f"A case needs you by {day(town, 1, '11:00')}." in await rep.hears("needs you")
    assert await organiser.news() == ""
    await town.world.slot()
    _, view = await looked(town, receipt)
    assert "We are late. This should have been answered by" in view
    assert "It has gone to all reps." in view

    await town.world.live(hours=2)
    assert f"A case needs you by {day(town, 2, '11:00')}." in await organiser.hears("needs you")
    await town.world.live(hours=48)
    assert "no step is left" in await organiser.hears("no step")
    await town.world.slot()
    _, view = await looked(town, receipt)
    assert OUTSIDE_BODY in view


async def test_whoever_is_left_out_never_learns_of_it(town: Town) -> None:
    rep = await town.begun("rep")
    before = await rep.says("!cases")
    await filed(town, SURVEILLANCE, LEAVES_INES_OUT)
    await town.world.live(days=4)
    told = await rep.hears("Your own list")
    assert "A case" not in told
    assert await rep.says("!cases") == before
    in_the_sandbox = shown(await Acts(town.world).say(IN_THE_SANDBOX, "cases"))
    assert "Surveillance" in in_the_sandbox


async def test_cases_of_both_spaces_are_on_one_list(town: Town) -> None:
    acts = Acts(town.world)
    await acts.file("noor-haddad", category="ethics")
    await filed(town, SURVEILLANCE)
    await town.world.slot()
    rep = await town.begun("rep")
    on_matrix = await rep.says("!cases")
    in_the_sandbox = shown(await acts.say(IN_THE_SANDBOX, "cases"))
    for category in ("Ethics of the product", "Surveillance"):
        assert category in on_matrix
        assert category in in_the_sandbox


async def test_the_digest_comes_once_on_monday_morning_whatever_becomes_of_the_process(
    town: Town,
) -> None:
    organisers = town.talk("organiser", town.organisers)
    await organisers.reads()
    await town.world.live(hours=1, minutes=29)
    assert await organisers.news() == ""
    await town.restart()
    await town.world.live(minutes=1)
    assert (await organisers.hears()).count("Every case was answered in time") == 1
    await town.restart()
    await town.world.live(days=6)
    assert "Every case" not in await organisers.news()


async def test_the_digest_comes_at_nine_by_the_clock_on_the_wall_in_summer_and_in_winter(
    town: Town,
) -> None:
    """Berlin puts its clocks back on Sunday 25 October."""
    organiser, organisers = await town.begun("organiser"), town.talk("organiser", town.organisers)
    await organiser.lines("!digest set", "3", "Europe/Berlin")
    assert "When: Monday at 09:00 (Europe/Berlin)" in await organiser.says("send")
    clock = town.world.clock
    clock.at = clock.at.replace(month=10, day=19, hour=6, minute=0)
    await town.world.bot.tick()
    for hours in (1, 7 * 24 + 1):
        await organisers.reads()
        await town.world.live(hours=hours - 1, minutes=59)
        assert "Digest of" not in await organisers.news()
        await town.world.live(minutes=1)
        assert (await organisers.hears("Digest of")).count("Digest of") == 1
    assert (clock.at.day, clock.at.hour) == (26, 8)
