"""A reporter takes a case back, deletes it, exports it, or leaves more people out, before it crossed
and after; and what those who are left out can find.
"""

import sqlite3
from contextlib import closing
from datetime import timedelta

from tests.fakes.acts import STORY, Acts, button, forgotten, names, shown
from tests.fakes.world import caller
from tests.journeys.reading import (
    MONDAY,
    NAMES,
    NO_SUCH_CASE,
    NOBODY_LEFT,
    ON_DUTY,
    REP,
    THIRD,
    WEDNESDAY,
    WORKER,
    errors,
    fields,
    listed,
    text,
    typed,
)


# Taking it back -----------------------------------------------------------------------------------
async def test_withdrawing_asks_once_more_and_until_then_does_nothing(acts: Acts) -> None:
    receipt = await acts.file(WORKER)
    asked = await acts.press(WORKER, await acts.visit(WORKER, receipt), "withdraw")
    assert text(asked) == ["Are you sure?", "Withdraw this case? It cannot be taken up again."]
    assert names(asked) == ["confirm"]
    assert fields(await acts.visit(WORKER, receipt))["State"] == "Waiting for its slot"


async def test_a_case_withdrawn_before_its_slot_never_reaches_anyone(acts: Acts) -> None:
    receipt = await acts.file(WORKER)
    view = await acts.confirm(WORKER, await acts.visit(WORKER, receipt), "withdraw")
    assert fields(view)["State"] == "Withdrawn"
    assert names(view) == ["export", "delete"]
    await acts.world.slot()
    assert acts.world.post.people == []
    assert await listed(acts, ON_DUTY) == 0
    assert fields(await acts.visit(WORKER, receipt))["State"] == "Withdrawn"


async def test_a_case_withdrawn_later_is_known_to_its_readers_from_the_slot(acts: Acts) -> None:
    receipt = await acts.file(WORKER)
    await acts.world.slot()
    desk = await acts.desk(REP)
    done = await acts.confirm(WORKER, await acts.visit(WORKER, receipt), "withdraw")
    assert text(done)[1] == f"Done. Readers learn on {WEDNESDAY} that you withdrew it."
    assert await listed(acts, REP) == 1
    await acts.world.slot()
    assert await listed(acts, REP) == 0
    number = button(desk, "reply").subject
    opened = await acts.world.bot.door.begin("open", caller(REP), number)
    assert text(opened)[1:] == [f"The reporter withdrew this case on {WEDNESDAY}."]
    assert STORY not in shown(opened)
    refused = await acts.press(REP, desk, "acknowledge")
    assert text(refused) == ["Not done", "This case is over, so that cannot be done any more."]


async def test_a_case_deleted_before_its_slot_is_gone_at_once(acts: Acts) -> None:
    receipt = await acts.file(WORKER)
    asked = await acts.press(WORKER, await acts.visit(WORKER, receipt), "delete")
    assert text(asked)[1] == ("Delete this case for good? Nobody can bring it back, not even you.")
    assert text(await acts.press(WORKER, asked, "confirm")) == [
        "Deleted",
        "Your case is gone. Its key is destroyed, and the receipt opens nothing any more.",
        "Copies in backups become unreadable once 7 more days are over.",
    ]
    assert forgotten(await acts.visit(WORKER, receipt))
    await acts.world.slot()
    assert acts.world.post.people == []
    assert await listed(acts, ON_DUTY) == 0


async def test_a_released_case_is_deleted_at_the_slot(acts: Acts) -> None:
    receipt = await acts.file(WORKER)
    await acts.world.slot()
    desk = await acts.desk(REP)
    done = await acts.confirm(WORKER, await acts.visit(WORKER, receipt), "delete")
    assert text(done)[1] == (
        f"Your case goes for good on {WEDNESDAY}, so that nobody can tell when you asked for it."
    )
    view = await acts.visit(WORKER, receipt)
    assert f"This case will be deleted for good on {WEDNESDAY}." in text(view)
    assert names(view) == ["export"]
    assert STORY in fields(await acts.desk(REP)).values()
    await acts.world.slot()
    assert forgotten(await acts.visit(WORKER, receipt))
    for name in ("acknowledge", "reply", "note"):
        assert text(await acts.press(REP, desk, name)) == ["Not done", NO_SUCH_CASE]
    assert await listed(acts, REP) == 0


async def test_an_export_holds_all_that_was_said_but_the_notes_among_reps(acts: Acts) -> None:
    receipt = await acts.file(WORKER)
    await acts.world.slot()
    desk = await acts.desk(REP)
    for name, said in (("ask", "How often?"), ("reply", "We read it."), ("note", "Third one.")):
        await acts.fill(REP, await acts.press(REP, desk, name), text=said)
    await acts.world.slot()
    view = await acts.visit(WORKER, receipt)
    await acts.write(WORKER, view, "Every night.")
    export = await acts.press(WORKER, view, "export")
    assert list(fields(export).values()) == [
        "Acknowledged",
        MONDAY,
        "On-call",
        "My team",
        "4: it does harm",
        STORY,
        "How often?",
        "We read it.",
        "Every night.",
    ]
    assert "Third one." not in shown(export)


# Leaving people out -------------------------------------------------------------------------------
async def test_who_is_left_out_before_the_release_never_learns_of_it(acts: Acts) -> None:
    receipt = await acts.file(WORKER)
    view = await acts.visit(WORKER, receipt)
    form = await acts.press(WORKER, view, "exclude")
    await acts.fill(WORKER, form, exclude=[await acts.staff("Ines Moreau")])
    await acts.world.slot()
    assert sorted(to for to, _ in acts.world.post.people) == [THIRD, REP]
    number = button(await acts.desk(REP), "reply").subject
    assert text(await acts.say(ON_DUTY, "cases")) == ["Your cases", "Nothing waits for you."]
    await _is_told_nothing(acts, ON_DUTY, number)


async def test_what_is_said_before_the_heartbeat_of_a_slot_crosses_with_the_case(
    acts: Acts,
) -> None:
    """The slot's moment is just over, the case still waits: what is said now is in force with it,
    not a slot later."""
    receipt = await acts.file(WORKER)
    (due,) = [one.at for one in await acts.world.bot.communities.coming() if one.what == "slot"]
    acts.world.clock.at = due + timedelta(seconds=0.5)
    view = await acts.write(WORKER, await acts.visit(WORKER, receipt), "It was just now again.")
    form = await acts.press(WORKER, view, "exclude")
    await acts.fill(WORKER, form, exclude=[await acts.staff("Ines Moreau")])
    assert await listed(acts, REP) == 0
    await acts.world.bot.tick()
    assert acts.world.clock.at == due + timedelta(seconds=0.5)
    assert sorted(to for to, _ in acts.world.post.people) == [THIRD, REP]
    desk = await acts.desk(REP)
    assert {STORY, "It was just now again."} <= set(fields(desk).values())
    assert await listed(acts, ON_DUTY) == 0
    await _is_told_nothing(acts, ON_DUTY, button(desk, "reply").subject)


async def test_leaving_out_someone_who_is_out_already_writes_nothing(acts: Acts) -> None:
    receipt = await acts.file(WORKER, exclude=[await acts.staff("Ines Moreau")])
    await acts.world.slot()
    kept = []
    for who in ("Ines Moreau", "Karim Benali", "Karim Benali", "Ines Moreau"):
        form = await acts.press(WORKER, await acts.visit(WORKER, receipt), "exclude")
        done = await acts.fill(WORKER, form, exclude=[await acts.staff(who)])
        assert text(done)[1].startswith(f"Done. From {WEDNESDAY} on")
        kept.append(_waiting(acts))
    assert kept == [0, 1, 1, 1]


def _waiting(acts: Acts) -> int:
    """How many rows wait for the slot."""
    with closing(sqlite3.connect(acts.world.where.data / "groundswell.db")) as database:
        ((count,),) = database.execute("SELECT count(*) FROM waiting")
    return int(count)


async def test_who_is_left_out_later_sees_nothing_from_the_slot_on(acts: Acts) -> None:
    receipt = await acts.file(WORKER)
    await acts.world.slot()
    number = button(await acts.desk(ON_DUTY), "reply").subject
    form = await acts.press(WORKER, await acts.visit(WORKER, receipt), "exclude")
    done = await acts.fill(WORKER, form, exclude=[await acts.staff("Ines Moreau")])
    assert text(done)[1] == (
        f"Done. From {WEDNESDAY} on they no longer see your case. What they have read they may "
        "remember."
    )
    assert await listed(acts, ON_DUTY) == 1
    await acts.world.live(days=2)
    told = [to for at, to, _ in acts.world.post.heard if at == acts.world.clock.at]
    assert (acts.world.clock.at.day, ON_DUTY in told) == (3, False)
    told = len(acts.world.post.people)
    await acts.world.slot()
    assert ON_DUTY not in [to for to, _ in acts.world.post.people[told:]]
    assert await listed(acts, ON_DUTY) == 0
    await _is_told_nothing(acts, ON_DUTY, number)


async def test_who_is_left_out_at_filing_never_learns_of_it(acts: Acts) -> None:
    await acts.file(WORKER, exclude=[await acts.staff("Karim Benali")])
    await acts.world.slot()
    number = button(await acts.desk(ON_DUTY), "reply").subject
    assert await listed(acts, REP) == 0
    await _is_told_nothing(acts, REP, number)


async def _is_told_nothing(acts: Acts, rep: str, number: str) -> None:
    """Whatever they try, a case of that number answers like one that never was."""
    door, none = acts.world.bot.door, "ZZZZZZ"
    for name in ("open", "acknowledge", "reply", "ask", "note", "resolve", "next"):
        one = await door.begin(name, caller(rep), number)
        assert shown(one).replace(number, none) == shown(await door.begin(name, caller(rep), none))
    for name, answer in (("reply", "text"), ("note", "text"), ("resolve", "outcome")):
        answers = {answer: "I know that you are there."}
        one = await door.submit(name, caller(rep), number, answers)
        other = await door.submit(name, caller(rep), none, answers)
        assert shown(one).replace(number, none) == shown(other)
        assert errors(one) == {answer: NO_SUCH_CASE}
    closed = await door.begin("confirm", caller(rep), f"close:{number}")
    assert text(closed) == ["Not done", NO_SUCH_CASE]


async def test_with_everyone_left_out_nothing_is_filed_and_the_text_comes_back(acts: Acts) -> None:
    everyone = [await acts.staff(name) for name in NAMES]
    refused = await acts.preview(WORKER, exclude=everyone)
    assert errors(refused) == {"story": NOBODY_LEFT}
    assert typed(refused, "story") == STORY
    assert set(typed(refused, "exclude")) == set(everyone)
    await acts.world.slot()
    assert await listed(acts, ON_DUTY) == 0


async def test_nobody_can_be_left_out_later_when_nobody_would_remain(acts: Acts) -> None:
    receipt = await acts.file(WORKER)
    form = await acts.press(WORKER, await acts.visit(WORKER, receipt), "exclude")
    refused = await acts.fill(WORKER, form, exclude=[await acts.staff(name) for name in NAMES])
    assert errors(refused) == {"exclude": NOBODY_LEFT}
    await acts.world.slot()
    assert await listed(acts, REP) == 1


async def test_the_preview_says_when_one_reader_is_left(acts: Acts) -> None:
    alone = "Only one person is left who would read this. Send it only if that is what you want."
    others = [await acts.staff(name) for name in NAMES if name != "Greta Holm"]
    preview = await acts.preview(WORKER, exclude=others)
    assert "Readers: Greta Holm (rep)." in text(preview)
    assert alone in text(preview)
    assert alone not in text(await acts.preview(WORKER, exclude=others[:1]))
    await acts.press(WORKER, preview, "send")
    await acts.world.slot()
    assert [to for to, _ in acts.world.post.people] == [THIRD]
