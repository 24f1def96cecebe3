"""What time does to a case: the cap puts off, a promise is broken, silence closes, an end shreds."""

from datetime import timedelta

from tests.fakes.acts import STORY, Acts, forgotten, shown
from tests.journeys.reading import MONDAY, REP, WEDNESDAY, WORKER, day, fields, listed, text


async def test_what_came_beyond_the_cap_is_put_off_and_only_its_receipt_says_so(
    acts: Acts,
) -> None:
    people = [f"someone-{n:02}" for n in range(14)]
    receipts = {who: await acts.file(who) for who in people}
    before = [await acts.visit(who, receipt) for who, receipt in receipts.items()]
    assert {tuple(text(view)) for view in before} == {
        (
            "Your case",
            f"Readers see it on {MONDAY}. Someone must acknowledge it by "
            "Tuesday 2 June, 09:00 (UTC).",
        )
    }
    await acts.world.slot()
    assert text(await acts.say(REP, "cases"))[1].startswith("10 cases")
    assert len(acts.world.post.people) == 1
    put_off = (
        "Many cases came at once, so yours was put off.",
        f"Readers see it on {WEDNESDAY}. Someone must acknowledge it by "
        "Thursday 4 June, 09:00 (UTC).",
    )
    views = [await acts.visit(who, receipt) for who, receipt in receipts.items()]
    late = [view for view in views if put_off[0] in text(view)]
    assert [tuple(text(view)[1:]) for view in late] == [put_off] * 4
    assert sum("put off" in shown(view) for view in views) == 4
    await acts.world.slot()
    assert text(await acts.say(REP, "cases"))[1].startswith("14 cases")


async def test_an_accounts_second_gives_way_to_everybody_elses_first(acts: Acts) -> None:
    troll = [await acts.file("troll-account") for _ in range(3)]
    others = [await acts.file(f"someone-{n}") for n in range(9)]
    await acts.world.slot()
    waits = [
        "put off" in shown(await acts.visit("anyone", receipt)) for receipt in (*troll, *others)
    ]
    assert sum(waits[:3]) == 2
    assert not any(waits[3:])


async def test_when_we_are_late_the_reporter_is_told_so(acts: Acts) -> None:
    receipt = await acts.file(WORKER)
    await acts.world.slot()
    acts.world.clock.move(timedelta(hours=24))
    view = await acts.visit(WORKER, receipt)
    assert not any("late" in line for line in text(view))
    acts.world.clock.move(timedelta(minutes=1))
    await acts.world.bot.tick()
    late = (
        "Late: it should have been taken by Tuesday 2 June, 09:00 (UTC). It is with all reps now."
    )
    assert late in text(await acts.desk(REP))
    assert not any("late" in line for line in text(await acts.visit(WORKER, receipt)))
    await acts.world.slot()  # who took it in time would be seen from here on
    view = await acts.visit(WORKER, receipt)
    assert text(view)[1] == (
        "We are late. This should have been answered by Tuesday 2 June, 09:00 (UTC). It has gone "
        "to the organisers."
    )
    late = "Late: it should have been taken by Tuesday 2 June, 09:00 (UTC). It is with the "
    assert f"{late}organisers now." in text(await acts.desk(REP))


async def test_a_reporter_is_not_told_late_when_a_rep_acknowledged_in_time(acts: Acts) -> None:
    receipt = await acts.file(WORKER)
    await acts.world.slot()
    acts.world.clock.move(timedelta(hours=23))
    await acts.press(REP, await acts.desk(REP), "acknowledge")
    for hours in (0, 2, 12, 10):  # past the promise, up to just before the slot that tells it
        acts.world.clock.move(timedelta(hours=hours))
        view = await acts.visit(WORKER, receipt)
        assert not any("late" in line for line in text(view))
        assert fields(view)["State"] == "With the reps"
    await acts.world.slot()
    view = await acts.visit(WORKER, receipt)
    assert fields(view)["State"] == "Acknowledged"
    assert not any("late" in line for line in text(view))


async def test_a_question_left_open_closes_the_case_and_a_message_opens_it_again(
    acts: Acts,
) -> None:
    receipt = await acts.file(WORKER)
    await acts.world.slot()
    desk = await acts.desk(REP)
    await acts.fill(REP, await acts.press(REP, desk, "ask"), text="How often?")
    await acts.world.slot()
    assert fields(await acts.visit(WORKER, receipt))["State"] == "Waiting on you"
    await day(acts, 29)
    assert fields(await acts.visit(WORKER, receipt))["State"] == "Waiting on you"
    await day(acts, 1)
    view = await acts.visit(WORKER, receipt)
    assert fields(view)["State"] == "Closed"
    assert text(view)[1] == (
        "Your case was closed on Friday 3 July, 09:00 (UTC). A message opens it again."
    )
    assert await listed(acts, REP) == 0
    await acts.write(WORKER, view, "Every night, I was away.")
    await acts.world.slot()
    assert fields(await acts.visit(WORKER, receipt))["State"] == "With the reps"
    assert "Every night, I was away." in fields(await acts.desk(REP)).values()


async def test_a_message_opens_a_resolved_case_again(acts: Acts) -> None:
    receipt = await acts.file(WORKER)
    await acts.world.slot()
    desk = await acts.desk(REP)
    await acts.fill(REP, await acts.press(REP, desk, "resolve"), outcome="You said, we did.")
    await acts.world.slot()
    view = await acts.visit(WORKER, receipt)
    assert fields(view)["State"] == "Resolved"
    await acts.write(WORKER, view, "It began again last week.")
    assert await listed(acts, REP) == 0
    await acts.world.slot()
    assert await listed(acts, REP) == 1


async def test_a_case_is_shredded_sixty_days_after_its_end(acts: Acts) -> None:
    receipt = await acts.file(WORKER)
    await acts.world.slot()
    await acts.confirm(REP, await acts.desk(REP), "close")
    await acts.world.slot()
    view = await acts.visit(WORKER, receipt)
    assert fields(view)["Deleted for good on"] == "3 August 2026"  # a Monday, the 61st day
    await day(acts, 60)
    assert STORY in fields(await acts.visit(WORKER, receipt)).values()
    await day(acts, 1)
    assert forgotten(await acts.visit(WORKER, receipt))


async def test_a_case_that_nobody_moves_is_shredded_after_a_year(acts: Acts) -> None:
    receipt = await acts.file(WORKER)
    await acts.world.slot()
    desk = await acts.press(REP, await acts.desk(REP), "acknowledge")
    await acts.fill(REP, await acts.press(REP, desk, "reply"), text="We are looking into it.")
    await acts.world.slot()
    assert fields(await acts.visit(WORKER, receipt))["Deleted for good on"] == "4 June 2027"
    await day(acts, 364)
    assert STORY in fields(await acts.visit(WORKER, receipt)).values()
    await day(acts, 2)
    assert forgotten(await acts.visit(WORKER, receipt))


async def test_a_case_that_nobody_answers_is_kept_for_a_year_after_its_last_climb(
    acts: Acts,
) -> None:
    receipt = await acts.file(WORKER)
    await day(acts, 5)  # Friday 5 June: no step is left; the slot that tells it is Friday's
    for days, gone in ((0, "7 June 2027"), (300, "7 June 2027")):
        await day(acts, days)
        view = fields(await acts.visit(WORKER, receipt))
        assert view["Deleted for good on"] == gone
    await day(acts, 66)
    assert STORY in fields(await acts.visit(WORKER, receipt)).values()
    await day(acts, 2)
    assert forgotten(await acts.visit(WORKER, receipt))
