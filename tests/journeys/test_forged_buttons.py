"""Buttons pressed by whoever was never given them: reps, workers, strangers."""

import re

from bot.chat import Caller
from tests.fakes.acts import Acts, button, shown
from tests.fakes.world import caller
from tests.journeys.reading import REP, TOO_LATE, WORKER, errors, text

REPORTERS = (
    *("message", "exclude", "leave_out", "not_urgent", "export", "show_again"),
    *("send", "send_urgent", "edit", "cancel"),
)


async def test_a_rep_who_forges_a_reporters_button_with_a_number_gets_nothing(acts: Acts) -> None:
    receipt = await acts.file(WORKER)
    await acts.world.slot()
    number = button(await acts.desk(REP), "reply").subject
    before = shown(await acts.visit(WORKER, receipt))
    door = acts.world.bot.door
    for name in REPORTERS:
        assert text(await door.begin(name, caller(REP), number)) == ["Not done", TOO_LATE]
    for name in ("withdraw", "delete"):
        forged = await door.begin("confirm", caller(REP), f"{name}:{number}")
        assert text(forged) == ["Not done", TOO_LATE]
    said = {"text": "As if I were them."}
    assert errors(await door.submit("message", caller(REP), number, said)) == {"text": TOO_LATE}
    out = {"exclude": [await acts.staff("Greta Holm")]}
    forged = await door.submit("leave_out", caller(REP), number, out)
    assert errors(forged) == {"exclude": TOO_LATE}
    saved = await door.begin("saved", caller(REP), number)
    assert receipt not in shown(saved)
    after = shown(await acts.visit(WORKER, receipt))
    assert _without_tokens(after) == _without_tokens(before)


async def test_a_worker_who_forges_a_reps_button_is_told_it_is_for_staff(acts: Acts) -> None:
    await acts.file(WORKER)
    await acts.world.slot()
    number = button(await acts.desk(REP), "reply").subject
    before = shown(await acts.desk(REP))
    for_staff = ["Not done", "That is for staff of this community. What you can do here: /help"]
    door = acts.world.bot.door
    for name in ("open", "acknowledge", "reply", "ask", "note", "resolve", "close", "next"):
        assert text(await door.begin(name, caller(WORKER), number)) == for_staff
        confirmed = await door.begin("confirm", caller(WORKER), f"{name}:{number}")
        assert text(confirmed) == for_staff
    for name, answer in (
        ("reply", "text"),
        ("ask", "text"),
        ("note", "text"),
        ("resolve", "outcome"),
    ):
        said = await door.submit(name, caller(WORKER), number, {answer: "I am staff now."})
        assert text(said) == for_staff
    assert shown(await acts.desk(REP)) == before


def _without_tokens(said: str) -> str:
    return re.sub(r"[a-z2-7]{26}", "TOKEN", said)


async def test_a_stranger_at_a_place_of_no_community_is_asked_which_one(acts: Acts) -> None:
    nowhere = Caller("sandbox", "another-town", WORKER)
    said = await acts.world.bot.door.begin("grievance", nowhere)
    assert said.form is not None
    assert said.form.id == "community:grievance"
    assert "Harbour" not in shown(said), "communities are never listed"
