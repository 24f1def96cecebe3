"""Journey 2: nobody acknowledges, so the case climbs by itself, and its reporter sees where it is.

Told as acts, read as what people read. Slots are Monday, Wednesday and Friday at 09:00 UTC; the
world begins on Monday 1 June at 07:30.
"""

from datetime import UTC, datetime, timedelta

from tests.fakes.acts import Acts, button, names
from tests.fakes.world import caller
from tests.journeys.reading import (
    ON_DUTY,
    ORGANISER,
    REP,
    THIRD,
    WORKER,
    fields,
    heard,
    quiet,
    text,
)

REPS = [THIRD, ON_DUTY, REP]
BODY = "Harbour Law Centre, open on weekdays, room 4 at the old post office"
LATE = "We are late. This should have been answered by Tuesday 2 June, 09:00 (UTC)."
NEEDS = "A case needs you by {}, 09:00 (UTC)."
NOBODY = (
    "Nobody has answered a case that you may read, and no step is left. Please open it and "
    "acknowledge it."
)


def june(day: int, hour: int = 9) -> datetime:
    return datetime(2026, 6, day, hour, tzinfo=UTC)


async def until(acts: Acts, moment: datetime) -> None:
    """Time passes until then, with all that is due on the way."""
    await acts.world.live(seconds=(moment - acts.world.clock.at).total_seconds())


async def test_it_goes_from_step_to_step_each_at_its_deadline(acts: Acts) -> None:
    await acts.file(WORKER)
    await until(acts, june(14))
    assert heard(acts) == [
        (june(1), ON_DUTY, NEEDS.format("Tuesday 2 June")),
        *((june(2), rep, NEEDS.format("Wednesday 3 June")) for rep in REPS),
        (june(3), ORGANISER, NEEDS.format("Friday 5 June")),
        *((june(day), one, NOBODY) for day in (5, 12) for one in (*REPS, ORGANISER)),
    ]


async def test_the_reporter_sees_step_promise_and_what_happens_next(acts: Acts) -> None:
    receipt = await acts.file(WORKER)
    await acts.world.slot()
    view = await acts.visit(WORKER, receipt)
    assert text(view)[1:] == [
        "It reached its readers on Monday 1 June, 09:00 (UTC). It is with the rep on duty.",
        "Someone must take it by Tuesday 2 June, 09:00 (UTC). If nobody does, it goes to all reps.",
    ]
    assert fields(view)["Answered by"] == "Tuesday 2 June, 09:00 (UTC)"

    await until(acts, june(2, 12))  # it has climbed, and nobody could see it climb
    assert text(await acts.visit(WORKER, receipt))[1:] == [
        "It reached its readers on Monday 1 June, 09:00 (UTC). It is with the rep on duty.",
        "What happened since then shows from Wednesday 3 June, 09:00 (UTC) on.",
    ]
    await until(acts, june(3, 12))
    assert text(await acts.visit(WORKER, receipt))[1:] == [
        f"{LATE} It has gone to the organisers.",
        "Someone must take it by Friday 5 June, 09:00 (UTC). If nobody does, you find here who can "
        f"help outside: {BODY}. Nothing is sent to them.",
    ]
    await until(acts, june(5, 12))
    view = await acts.visit(WORKER, receipt)
    assert text(view)[1:] == [
        LATE,
        f"Outside this community you can turn to: {BODY}. Reps can still answer here.",
    ]
    climbed = {label: words for label, words in fields(view).items() if label.endswith("(UTC)")}
    assert climbed == {
        "Tuesday 2 June, 09:00 (UTC)": "Nobody had taken it in time. It went to all reps.",
        "Wednesday 3 June, 09:00 (UTC)": "Nobody had taken it in time. It went to the organisers.",
        "Friday 5 June, 09:00 (UTC)": "No step was left here. Help outside was named, and nothing "
        "was sent there.",
    }
    assert "escalate" not in names(view)


async def test_the_readers_are_told_of_the_outside_body_and_can_still_take_it(acts: Acts) -> None:
    receipt = await acts.file(WORKER)
    await until(acts, june(5, 12))
    assert list(fields(await acts.say(ORGANISER, "cases")).values()) == [
        "On-call. Late: it was due by Tuesday 2 June, 09:00 (UTC)."
    ]
    desk = await acts.desk(ORGANISER)
    assert text(desk)[1:] == [
        "Late: it should have been taken by Tuesday 2 June, 09:00 (UTC).",
        f"Nobody answered in time. The reporter was told of: {BODY}. You can still take it.",
    ]
    await acts.press(ORGANISER, desk, "acknowledge")
    acts.world.post.heard.clear()
    await acts.fill(ORGANISER, await acts.press(ORGANISER, desk, "reply"), text="I am on it.")
    await until(acts, june(13))
    assert heard(acts) == []
    view = await acts.visit(WORKER, receipt)
    assert fields(view)["State"] == "Acknowledged"
    assert "I am on it." in fields(view).values()


async def test_an_organiser_sees_a_case_from_their_step_on_and_not_before(acts: Acts) -> None:
    await acts.file(WORKER)
    await until(acts, june(3, 8))
    assert text(await acts.say(ORGANISER, "cases"))[1:] == ["Nothing waits for you."]
    await until(acts, june(3))
    assert text(await acts.say(ORGANISER, "cases"))[1].startswith("1 case")


async def test_nobody_is_told_of_a_case_in_their_quiet_hours(acts: Acts) -> None:
    await quiet(acts, ON_DUTY, "18:00", "10:00")
    receipt = await acts.file(WORKER)
    waiting = fields(await acts.visit(WORKER, receipt))
    assert waiting["Answered by"] == "Tuesday 2 June, 10:00 (UTC)"  # behind them: she is there then
    await quiet(acts, REP, "19:00", "09:30")
    await until(acts, june(3, 12))
    ten = "10:00 (UTC)."
    assert heard(acts) == [
        (june(1, 10), ON_DUTY, f"A case needs you by Tuesday 2 June, {ten}"),
        *((june(2, 10), rep, f"A case needs you by Wednesday 3 June, {ten}") for rep in REPS),
        (june(3, 10), ORGANISER, f"A case needs you by Friday 5 June, {ten}"),
    ]


async def test_a_promise_that_was_told_stays_when_the_quiet_hours_change(acts: Acts) -> None:
    receipt = await acts.file(WORKER)
    await quiet(acts, ON_DUTY, "20:00", "12:00")
    for moment in (june(1, 8), june(1, 12), june(2, 8)):
        await until(acts, moment)
        view = fields(await acts.visit(WORKER, receipt))
        assert view["Answered by"] == "Tuesday 2 June, 09:00 (UTC)"
    await until(acts, june(3, 8))
    assert (june(2), REP, NEEDS.format("Wednesday 3 June")) in heard(acts)


async def test_an_urgent_case_climbs_at_night_and_tells_at_night(acts: Acts) -> None:
    for rep in REPS:
        await quiet(acts, rep, "20:00", "10:00")
    await until(acts, june(1, 23))
    await acts.file(WORKER, "send_urgent")
    await acts.world.bot.tick()
    await until(acts, june(3, 0))
    eleven = "23:00 (UTC)."
    assert heard(acts) == [
        (june(1, 23), ON_DUTY, f"A case needs you by Tuesday 2 June, {eleven}"),
        *((june(2, 23), rep, f"A case needs you by Wednesday 3 June, {eleven}") for rep in REPS),
    ]


async def test_acknowledging_stops_the_climb(acts: Acts) -> None:
    await acts.file(WORKER)
    await until(acts, june(2, 8))
    await acts.press(REP, await acts.desk(REP), "acknowledge")
    acts.world.post.heard.clear()
    await until(acts, june(5, 7))
    assert heard(acts) == []


async def test_taken_and_silent_it_is_reminded_of_and_goes_back_behind_its_step(
    acts: Acts,
) -> None:
    receipt = await acts.file(WORKER)
    await acts.world.slot()
    await acts.press(ON_DUTY, await acts.desk(ON_DUTY), "acknowledge")
    acts.world.post.heard.clear()
    await until(acts, june(6, 12))
    reminder = (
        "You took a case, and its reporter has had no word from you. Please write by Saturday "
        "6 June, 09:00 (UTC), or it goes to others."
    )
    assert heard(acts) == [
        (june(4), ON_DUTY, reminder),
        *((june(6), rep, NEEDS.format("Sunday 7 June")) for rep in REPS),
    ]
    await until(acts, june(8))
    assert fields(await acts.visit(WORKER, receipt))["Saturday 6 June, 09:00 (UTC)"] == (
        "It was taken, and then there was no word. It went to all reps."
    )


async def test_a_word_to_the_reporter_ends_what_is_owed(acts: Acts) -> None:
    await acts.file(WORKER)
    await acts.world.slot()
    desk = await acts.press(ON_DUTY, await acts.desk(ON_DUTY), "acknowledge")
    await acts.fill(ON_DUTY, await acts.press(ON_DUTY, desk, "reply"), text="We have read it.")
    acts.world.post.heard.clear()
    await until(acts, june(20))
    assert heard(acts) == []


async def test_a_message_begins_the_count_anew_at_the_slot_it_crosses(acts: Acts) -> None:
    receipt = await acts.file(WORKER)
    await acts.world.slot()
    desk = await acts.press(ON_DUTY, await acts.desk(ON_DUTY), "acknowledge")
    await acts.fill(ON_DUTY, await acts.press(ON_DUTY, desk, "reply"), text="We have read it.")
    await until(acts, june(4, 12))
    await acts.write(WORKER, await acts.visit(WORKER, receipt), "And since then it goes on.")
    acts.world.post.heard.clear()
    await until(acts, june(10, 12))
    assert [(at, who) for at, who, _ in heard(acts)] == [
        (june(5), ON_DUTY),  # something new
        (june(8), ON_DUTY),  # 72 hours without an answer
        *((june(10), rep) for rep in REPS),  # five days
    ]


async def test_the_reporter_asks_for_it_to_climb_and_at_the_slot_it_does(acts: Acts) -> None:
    receipt = await acts.file(WORKER)
    await acts.world.slot()
    done = await acts.press(WORKER, await acts.visit(WORKER, receipt), "escalate")
    wednesday = "Wednesday 3 June, 09:00 (UTC)"
    assert text(done)[1] == f"Done. On {wednesday} your case goes one step further."
    assert f"You asked for your case to climb. It does on {wednesday}." in text(done)
    assert "escalate" not in names(done)
    await acts.press(ON_DUTY, await acts.desk(ON_DUTY), "acknowledge")
    acts.world.post.heard.clear()
    await until(acts, june(3))
    assert heard(acts) == [(june(3), rep, NEEDS.format("Thursday 4 June")) for rep in REPS]
    desk = fields(await acts.desk(REP))
    assert desk[wednesday] == "The reporter asked for it to climb. It went to all reps."
    assert fields(await acts.visit(WORKER, receipt))["State"] == "With the reps"


async def test_at_the_last_step_it_cannot_climb_and_the_outside_body_is_named(acts: Acts) -> None:
    receipt = await acts.file(WORKER)
    await until(acts, june(3, 12))
    before = await acts.visit(WORKER, receipt)
    await until(acts, june(3, 12) + timedelta(minutes=20))
    assert "escalate" in names(before)
    done = await acts.press(WORKER, before, "escalate")
    assert f"help outside: {BODY}" in " ".join(text(done))
    await until(acts, june(5, 12))
    last = await acts.visit(WORKER, receipt)
    assert "escalate" not in names(last)
    pressed = await acts.world.bot.door.begin(
        "escalate", caller(WORKER), button(last, "message").subject
    )
    assert text(pressed) == [
        "Not done",
        "Your case is at the last step already. Its view names who can help outside: /receipt",
    ]


async def test_after_nine_days_off_every_step_is_made_up_for_as_of_its_own_moment(
    acts: Acts,
) -> None:
    """The process was away from Monday evening on; what only tells somebody is told once, now."""
    receipt = await acts.file(WORKER)
    await until(acts, june(1, 20))
    acts.world.post.heard.clear()
    acts.world.clock.move(timedelta(days=9))
    await acts.world.bot.tick()
    told = heard(acts)
    assert {at for at, _, _ in told} == {june(10, 20)}
    assert {one for _, one, said in told if said == NOBODY} == {*REPS, ORGANISER}
    view = fields(await acts.visit(WORKER, receipt))
    assert [label for label in view if label.startswith(("Tues", "Wednes", "Fri"))] == [
        "Tuesday 2 June, 09:00 (UTC)",
        "Wednesday 3 June, 09:00 (UTC)",
        "Friday 5 June, 09:00 (UTC)",
    ]
    assert len(told) == len(set(told)), "each sentence once"
