"""A case in several hands: handed over, others brought in, stepping out, muting, and what the
reporter is asked and told when readers come or are gone.
"""

from datetime import datetime

from bot.chat import Reply
from bot.domain.communities import Role
from tests.fakes.acts import STORY, Acts, button, names, shown
from tests.fakes.world import caller
from tests.journeys.reading import (
    MONDAY,
    NO_SUCH_CASE,
    ON_DUTY,
    ORGANISER,
    REP,
    THIRD,
    WEDNESDAY,
    WORKER,
    errors,
    fields,
    heard,
    listed,
    text,
)

ALL = (ON_DUTY, REP, THIRD)
NEW = "amara-diallo"
HANDED = "A case was handed to you. Please open it and go on with it."
BROUGHT_IN = "You were brought into a case, with a note. Please open it and help."
NEWS = "There is something new in a case of yours."
BODY = "Harbour Law Centre, open on weekdays, room 4 at the old post office"


async def released(acts: Acts, **changes: str | list[str]) -> str:
    receipt = await acts.file(WORKER, **changes)
    await acts.world.slot()
    acts.world.post.heard.clear()
    return receipt


async def taken(acts: Acts, rep: str) -> Reply:
    return await acts.press(rep, await acts.desk(rep), "acknowledge")


async def hand(acts: Acts, rep: str, desk: Reply, how: str, note: str = "Please read this.") -> str:
    """Hand over or bring in; gives who was drawn."""
    before = len(acts.world.post.heard)
    await acts.fill(rep, await acts.press(rep, desk, how), note=note)
    await acts.world.bot.tick()
    ((_, drawn, _),) = acts.world.post.heard[before:]
    return drawn


async def newcomer(acts: Acts) -> None:
    """Somebody becomes a rep today."""
    card = await acts.offered(NEW, "Amara Diallo", Role.REP)
    assert text(await acts.press(NEW, card, "accept"))


# Handing over -------------------------------------------------------------------------------------
async def test_a_case_handed_over_belongs_to_the_one_who_was_drawn(acts: Acts) -> None:
    receipt = await released(acts)
    drawn = await hand(acts, ON_DUTY, await taken(acts, ON_DUTY), "hand_over", "I am ill.")
    assert drawn in (REP, THIRD)
    assert [said for _, _, said in heard(acts)] == [HANDED]
    desk = fields(await acts.desk(drawn))
    handed = [words for label, words in desk.items() if " handed the case to " in label]
    assert handed == ["I am ill."]
    acts.world.post.heard.clear()
    await acts.world.slot()
    view = await acts.visit(WORKER, receipt)
    assert "I am ill." not in shown(view)
    assert fields(view)["State"] == "Acknowledged"
    await acts.world.live(hours=24)
    assert {who for _, who, _ in heard(acts)} == {drawn}, "it is theirs to be reminded of"


async def test_a_case_nobody_took_is_handed_over_and_still_climbs(acts: Acts) -> None:
    await released(acts)
    drawn = await hand(acts, ON_DUTY, await acts.desk(ON_DUTY), "hand_over")
    acts.world.post.heard.clear()
    await acts.world.live(hours=24)
    assert {who for _, who, _ in heard(acts)} == set(ALL)
    assert drawn in ALL


async def test_all_that_one_took_is_handed_over_and_what_is_not_theirs_stays(acts: Acts) -> None:
    for worker in ("someone-1", "someone-2", "someone-3"):
        await acts.file(worker, story=f"This is of {worker}: nobody ever sleeps here.")
    await acts.world.slot()
    for worker in ("someone-1", "someone-2"):
        await acts.press(ON_DUTY, await acts.desk_of(ON_DUTY, worker), "acknowledge")
    acts.world.post.heard.clear()
    duty = await acts.say(ON_DUTY, "duty")
    asked = await acts.press(ON_DUTY, duty, "hand_over_all")
    assert names(asked) == ["confirm"]
    assert heard(acts) == []
    done = await acts.press(ON_DUTY, asked, "confirm")
    assert text(done)[1:] == ["2 cases went to other reps."]
    await acts.world.bot.tick()
    assert {said for _, _, said in heard(acts)} == {HANDED}
    assert ON_DUTY not in {who for _, who, _ in heard(acts)}
    again = await acts.confirm(ON_DUTY, duty, "hand_over_all")
    assert text(again)[1:] == ["0 cases went to other reps."]


async def test_a_case_that_nobody_else_may_read_stays_where_it_is(acts: Acts) -> None:
    others = [await acts.staff(name) for name in ("Karim Benali", "Greta Holm", "Ruth Adeyemi")]
    await released(acts, exclude=others)
    desk = await taken(acts, ON_DUTY)
    refused = await acts.fill(ON_DUTY, await acts.press(ON_DUTY, desk, "hand_over"), note="Ill.")
    nobody = "Nobody else may read this case, so it stays as it is."
    assert errors(refused) == {"note": nobody}
    refused = await acts.fill(ON_DUTY, await acts.press(ON_DUTY, desk, "bring_in"), note="Help.")
    assert errors(refused) == {"note": nobody}
    done = await acts.confirm(ON_DUTY, await acts.say(ON_DUTY, "duty"), "hand_over_all")
    assert text(done)[1:] == [
        "0 cases went to other reps.",
        "1 case stays with you: nobody else may read it.",
    ]


async def test_nobody_is_drawn_who_was_left_out_or_is_away(acts: Acts) -> None:
    await released(acts, exclude=[await acts.staff("Karim Benali")])
    form = await acts.press(THIRD, await acts.say(THIRD, "duty"), "away")
    await acts.fill(THIRD, form, **{"from": "2026-06-01", "until": "2026-06-09"})
    desk = await acts.desk(ON_DUTY)
    refused = await acts.fill(ON_DUTY, await acts.press(ON_DUTY, desk, "hand_over"), note="Ill.")
    assert errors(refused) == {"note": "Nobody else may read this case, so it stays as it is."}
    await acts.world.bot.tick()
    assert REP not in {who for _, who, _ in heard(acts)}


# Bringing in --------------------------------------------------------------------------------------
async def test_who_is_brought_in_helps_and_the_case_stays_whose_it_was(acts: Acts) -> None:
    await released(acts)
    desk = await taken(acts, ON_DUTY)
    first = await hand(acts, ON_DUTY, desk, "bring_in", "What do you think?")
    assert [said for _, _, said in heard(acts)] == [BROUGHT_IN]
    words = fields(await acts.desk(first))
    assert "What do you think?" in words.values()
    second = await hand(acts, ON_DUTY, desk, "bring_in")
    assert {first, second} == {REP, THIRD}, "an organiser is drawn only from their step on"
    acts.world.post.heard.clear()
    await acts.world.live(hours=72)
    assert [who for _, who, _ in heard(acts)] == [ON_DUTY]


async def test_where_all_readers_are_in_the_reporter_is_asked_for_later_staff(acts: Acts) -> None:
    receipt = await released(acts, exclude=[await acts.staff("Karim Benali")])
    await newcomer(acts)
    assert await listed(acts, NEW) == 0, "a role granted later sees nothing older"
    desk = await taken(acts, ON_DUTY)
    assert await hand(acts, ON_DUTY, desk, "bring_in") == THIRD
    asked = await acts.fill(
        ON_DUTY, await acts.press(ON_DUTY, desk, "bring_in"), note="She worked there once."
    )
    assert text(asked)[1] == (
        f"Every reader is in it already. The reporter is asked on {WEDNESDAY} whether staff who "
        "came later may read it."
    )
    assert "agree" not in names(await acts.visit(WORKER, receipt)), (
        "what is asked shows at the slot"
    )

    await acts.world.slot()
    view = await acts.visit(WORKER, receipt)
    assert (
        "May these people read your case, too: Amara Diallo (rep)? If you agree, they see all of "
        "it from the next slot on. If you do nothing, they never do."
    ) in text(view)
    assert "She worked there once." not in shown(view), "the note is for readers alone"
    agreed = await acts.press(WORKER, view, "agree")
    assert text(agreed)[1] == "Done. From Friday 5 June, 09:00 (UTC) on they can read your case."
    assert await listed(acts, NEW) == 0
    acts.world.post.heard.clear()
    await acts.world.slot()
    assert (BROUGHT_IN, NEW) in {(said, who) for _, who, said in heard(acts)}
    assert STORY in fields(await acts.desk(NEW)).values()
    assert await listed(acts, REP) == 0, "who was left out stays so"
    view = await acts.visit(WORKER, receipt)
    assert "agree" not in names(view)
    pressed = await acts.world.bot.door.begin(
        "agree", caller(WORKER), button(view, "message").subject
    )
    assert text(pressed) == ["Not done", "Nobody waits for your consent."]


async def test_who_does_nothing_has_not_agreed(acts: Acts) -> None:
    await released(acts, exclude=[await acts.staff("Karim Benali")])
    await newcomer(acts)
    desk = await taken(acts, ON_DUTY)
    await hand(acts, ON_DUTY, desk, "bring_in")
    await acts.fill(ON_DUTY, await acts.press(ON_DUTY, desk, "bring_in"), note="Please.")
    acts.world.post.heard.clear()
    await acts.world.live(days=30)
    assert await listed(acts, NEW) == 0
    assert NEW not in {who for _, who, _ in heard(acts)}


# Stepping out -------------------------------------------------------------------------------------
async def test_who_steps_out_is_gone_from_it_and_no_reason_is_told(acts: Acts) -> None:
    receipt = await released(acts)
    desk = await acts.desk(ON_DUTY)
    number = button(desk, "recuse").subject
    out = await acts.press(ON_DUTY, desk, "recuse")
    assert text(out) == ["You stepped out", "You no longer see this case. Nobody is told why."]
    assert out.takes_away
    assert await listed(acts, ON_DUTY) == 0
    await acts.world.bot.tick()
    assert [(who, said[:17]) for _, who, said in heard(acts)] == [
        (THIRD, "A case needs you "),
        (REP, "A case needs you "),
    ]
    for name in ("open", "acknowledge", "recuse", "mute", "reply", "bring_in", "hand_over"):
        pressed = await acts.world.bot.door.begin(name, caller(ON_DUTY), number)
        assert text(pressed) == ["Not done", NO_SUCH_CASE]
    for seen in (await acts.desk(REP), await acts.visit(WORKER, receipt)):
        assert "stepped out" not in shown(seen).casefold()
    acts.world.post.heard.clear()
    await acts.world.live(days=30)
    assert ON_DUTY not in {who for _, who, _ in heard(acts)}


async def test_when_the_taker_steps_out_the_case_is_open_again(acts: Acts) -> None:
    receipt = await released(acts)
    await acts.press(REP, await taken(acts, REP), "recuse")
    await acts.world.bot.tick()
    assert {who for _, who, _ in heard(acts)} == {ON_DUTY}, "the same step again, without them"
    desk = await acts.desk(ON_DUTY)
    assert "acknowledge" in names(desk)
    await acts.world.slot()
    assert fields(await acts.visit(WORKER, receipt))["State"] == "With the reps"


async def test_when_nobody_is_left_the_reporter_is_told_and_can_agree_to_todays_staff(
    acts: Acts,
) -> None:
    receipt = await released(acts, exclude=[await acts.staff("Ruth Adeyemi")])
    for rep in ALL:
        await acts.press(rep, await acts.desk(rep), "recuse")
    await acts.world.slot()
    view = await acts.visit(WORKER, receipt)
    nobody = (
        "Nobody is left here who may read your case. Outside this community you can turn to: "
        f"{BODY}."
    )
    assert nobody in text(view)
    assert "agree" not in names(view)
    await newcomer(acts)
    view = await acts.visit(WORKER, receipt)
    assert {nobody, _consent("Amara Diallo (rep)")} <= set(text(view))
    await acts.press(WORKER, view, "agree")
    acts.world.post.heard.clear()
    await acts.world.slot()
    assert {who for _, who, _ in heard(acts)} == {NEW}
    desk = await acts.desk(NEW)
    assert "acknowledge" in names(desk)
    assert nobody not in text(await acts.visit(WORKER, receipt))
    for one in (*ALL, ORGANISER):
        assert await listed(acts, one) == 0


def _consent(who: str) -> str:
    return (
        f"May these people read your case, too: {who}? If you agree, they see all of it from the "
        "next slot on. If you do nothing, they never do."
    )


# Muting -------------------------------------------------------------------------------------------
async def test_who_mutes_a_case_hears_no_more_of_it_and_can_hear_again(acts: Acts) -> None:
    receipt = await released(acts)
    desk = await taken(acts, ON_DUTY)
    muted = await acts.press(ON_DUTY, desk, "mute")
    assert text(muted)[1].startswith("Muted: you hear no more news of this case.")
    await _said(acts, receipt, "It still goes on, every night.")
    assert heard(acts) == []
    assert "It still goes on, every night." in fields(await acts.desk(ON_DUTY)).values()
    heard_again = await acts.press(ON_DUTY, desk, "mute")
    assert text(heard_again)[1] == "You hear news of this case again."
    await _said(acts, receipt, "And again, every night.")
    assert [(who, said) for _, who, said in heard(acts)] == [(ON_DUTY, NEWS)]


async def test_a_case_that_needs_somebody_tells_also_whoever_muted_it(acts: Acts) -> None:
    """Muting silences its news: else a case could fall silent."""
    await released(acts)
    await acts.press(ON_DUTY, await acts.desk(ON_DUTY), "mute")
    acts.world.post.heard.clear()
    await acts.world.live(hours=24)
    assert {who for _, who, _ in heard(acts)} == {ON_DUTY, REP, THIRD}


async def _said(acts: Acts, receipt: str, words: str) -> datetime:
    await acts.write(WORKER, await acts.visit(WORKER, receipt), words)
    acts.world.post.heard.clear()
    return await acts.world.slot()


# The reporter leaves the taker out ----------------------------------------------------------------
async def test_when_the_taker_is_left_out_others_have_it_from_the_slot_on(acts: Acts) -> None:
    receipt = await released(acts)
    await taken(acts, ON_DUTY)
    form = await acts.press(WORKER, await acts.visit(WORKER, receipt), "exclude")
    await acts.fill(WORKER, form, exclude=[await acts.staff("Ines Moreau")])
    acts.world.post.heard.clear()
    await acts.world.slot()
    assert {who for _, who, _ in heard(acts)} == {REP, THIRD}
    assert await listed(acts, ON_DUTY) == 0
    assert "acknowledge" in names(await acts.desk(REP))
    assert fields(await acts.visit(WORKER, receipt))["State"] == "With the reps"


# The list -----------------------------------------------------------------------------------------
async def test_the_list_stands_by_what_is_due_and_next_walks_on(acts: Acts) -> None:
    await acts.file("someone-1", story="This is the first: nobody ever sleeps here.")
    await acts.world.slot()
    await acts.file("someone-2", story="This is the second: nobody ever sleeps here.")
    await acts.world.slot()
    await acts.file("someone-3", "send_urgent", story="This is the third: and it burns.")
    listed_now = await acts.say(REP, "cases")
    found = [fields(await _opened(acts, b.subject)) for b in listed_now.cards[0].buttons]
    order = [
        next(w.split(":")[0] for w in one.values() if w.startswith("This is")) for one in found
    ]
    assert order == ["This is the third", "This is the first", "This is the second"]
    assert list(fields(listed_now).values())[1:] == [
        "On-call. Late: it was due by Tuesday 2 June, 09:00 (UTC). Acknowledge by Friday 5 June, "
        "09:00 (UTC).",
        "On-call. Acknowledge by Thursday 4 June, 09:00 (UTC).",
    ]
    assert text(await acts.desk(REP))[0].endswith(", urgent")
    walked = await acts.press(REP, await acts.desk(REP), "next")
    assert "This is the first" in shown(walked)
    assert MONDAY not in shown(walked)


async def _opened(acts: Acts, number: str) -> Reply:
    return await acts.world.bot.door.begin("open", caller(REP), number)
