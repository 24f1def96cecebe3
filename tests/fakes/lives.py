"""Whole lives: every journey a grievance can take so far, errors and refusals included.

For proofs and house tests that must have seen everything that people do and are shown. Nothing here
looks behind the door.
"""

import re
from collections.abc import Sequence
from datetime import timedelta

from bot.chat import Reply
from bot.domain.communities import Role
from bot.domain.polls.bank import BANK
from tests.fakes.acts import REPS, Acts, receipt_in, shown
from tests.fakes.agreeing import agreed, second

NEWCOMER, NEW_NAME = "amara-diallo", "Amara Diallo"  #: becomes a rep in the middle of it all
ORGANISER = "ruth-adeyemi"
ELSEWHERE = "ines-elsewhere"  #: becomes another account of a rep, for a while
_CODE = re.compile(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b")

#: What the people of ``whole_life`` write: planted words that must be found nowhere.
WORDS = {
    "story": "Zimtstern: the night pager never stops and nobody sleeps before the next shift.",
    "message": "Quittenbrot: it goes on every single night and nobody ever answers us.",
    "held": "Lebkuchen: write to pfeffernuss@example.org when it happens the next time.",
    "ask": "Mohnkuchen: how often does it happen, and who else is called?",
    "reply": "Streusel: we have read this and we shall speak with them together.",
    "note": "Dampfnudel: for the other reps, this is the third one of the kind.",
    "outcome": "Rohrnudel: you said, we did, and the rest day is now written down.",
    "ignored": "Marillenknoedel behind a command",
    "wrong": "Kaiserschmarrn",  #: too short for a story
    "late": "Germknoedel: nobody ever answers, and the night pager never stops for anyone.",
    "handed": "Palatschinken: I am away from now on, so please take this one over.",
    "brought": "Powidltascherl: you have seen this before, please help us with it.",
    "consent": "Buchteln: she has worked there herself, so she could help us.",
    "again": "Apfelstrudel: it all began again last week, as if nothing had been said.",
    "comment": "Kardinalschnitte: the evenings are long, and the weekends are longer.",
    "address": "zwetschkenfleck@harbour-union.example",  #: where digests go
    "taken_out": "linzertorte@mail.employer.example",  #: and where they went for a while
    "no_address": "Mohnstrudel at nowhere",
    "declined": "Vanillekipferl Nusshorn",  #: the name of somebody who did not accept
}


async def whole_life(acts: Acts, workers: Sequence[str]) -> None:
    """Journey 1 and everything beside it, by at least eight workers; the rest are a crowd."""
    world = acts.world
    await _errors(acts, workers[0])
    heard, early, urgent, regrets, deletes, repeats, late, *crowd = workers
    greta = await acts.staff("Greta Holm")

    receipt = await _file_twice(acts, heard)
    early_receipt = await acts.file(early, exclude=[greta])
    await acts.confirm(early, await acts.visit(early, early_receipt), "withdraw")
    urgent_receipt = await acts.file(urgent, "send_urgent", story=WORDS["story"])
    view = await acts.visit(urgent, urgent_receipt)
    await acts.write(urgent, view, WORDS["message"])
    await acts.press(urgent, await acts.visit(urgent, urgent_receipt), "not_urgent")
    gone = await acts.file(regrets)
    await acts.confirm(regrets, await acts.visit(regrets, gone), "delete")
    later = await acts.file(deletes, story=WORDS["story"])
    for _ in range(3):
        await acts.file(repeats)
    await acts.say(repeats, "grievance")  # the fourth: refused
    for someone in crowd:
        await acts.file(someone, story=WORDS["story"])
    await world.slot()

    for rep in REPS:
        desk = await acts.desk(rep)
        await acts.press(rep, desk, "acknowledge")
        await acts.fill(rep, await acts.press(rep, desk, "note"), text=WORDS["note"])
        await acts.fill(rep, await acts.press(rep, desk, "ask"), text=WORDS["ask"])
        await acts.press(rep, desk, "next")
    leaving = await acts.press(deletes, await acts.visit(deletes, later), "exclude")
    await acts.fill(deletes, leaving, exclude=[greta])
    await acts.confirm(deletes, await acts.visit(deletes, later), "delete")
    await world.slot()

    view = await acts.visit(heard, receipt)
    await acts.press(heard, view, "export")
    await acts.write(heard, view, WORDS["message"])
    await acts.write(heard, view, WORDS["held"])
    await acts.confirm(urgent, await acts.visit(urgent, urgent_receipt), "withdraw")
    await world.slot()

    for rep in REPS:
        desk = await acts.desk(rep)
        await acts.fill(rep, await acts.press(rep, desk, "reply"), text=WORDS["reply"])
        await acts.fill(rep, await acts.press(rep, desk, "resolve"), outcome=WORDS["outcome"])
    await world.slot()
    await acts.visit(heard, receipt)
    await _staff_themselves(acts, workers[0])
    await _digests(acts)
    await _nobody_answers(acts, late)


async def _staff_themselves(acts: Acts, somebody: str) -> None:
    """Roles offered, declined and accepted; another account; a rota that changes."""
    declined = await acts.offered(somebody, WORDS["declined"], Role.ORGANISER)
    await acts.press(somebody, declined, "decline")
    await acts.press(somebody, declined, "accept")  # too late
    ines, karim, _ = REPS
    duty = await acts.say(ines, "duty")
    code = _CODE.findall(shown(await acts.say(ELSEWHERE, "setup", "link")))[0]
    await acts.fill(ines, await acts.press(ines, duty, "bind"), code=code)
    await acts.press(ines, await acts.say(ines, "duty"), "unbind")
    quiet = {"from": "21:00", "until": "06:30", "zone": "Europe/Lisbon"}
    await acts.fill(ines, await acts.press(ines, duty, "quiet_hours"), **quiet)
    shift = {"from": "2026-06-30", "until": "2026-07-02"}
    offered = await acts.fill(ines, await acts.press(ines, duty, "offer"), **shift)
    await acts.world.bot.tick()
    await acts.press(karim, await acts.say(karim, "duty"), "take")
    away = {"from": "2026-07-08", "until": "2026-07-09"}
    await acts.fill(karim, await acts.press(karim, offered, "away"), **away)
    await acts.fill(karim, await acts.press(karim, offered, "away"), **(away | {"until": "soon"}))
    await acts.press(ines, duty, "off")
    await acts.press(ines, await acts.say(ines, "duty"), "on")
    await acts.press(ines, await acts.say(ines, "duty", WORDS["ignored"]), "hand_over_all")


async def _digests(acts: Acts) -> None:
    """Where they go is changed, refused, agreed to and tried; they are paused for a moment."""
    world = acts.world
    await acts.say(ORGANISER, "digest", "preview")
    settings = await acts.say(ORGANISER, "digest", WORDS["ignored"])
    form = await acts.press(ORGANISER, settings, "set")
    when = {"day": "tuesday", "hour": "14", "zone": "Europe/Lisbon", "language": "en"}
    await acts.fill(ORGANISER, form, **when, addresses=WORDS["no_address"])
    both = f"{WORDS['taken_out']}, {WORDS['address']}"
    settings = await acts.fill(ORGANISER, form, **when, addresses=both)
    await agreed(world)
    await acts.press(ORGANISER, settings, "test")
    await world.bot.tick()
    await acts.fill(ORGANISER, form, **when, addresses=both)  # it was changed meanwhile
    await world.live(days=9)
    form = await acts.press(ORGANISER, await acts.say(ORGANISER, "digest"), "set")
    await acts.fill(ORGANISER, form, **when, addresses=WORDS["address"])
    await second(world)
    await world.live(hours=71)
    await acts.press(ORGANISER, settings, "test")  # on the outbox, and taken out before it is said
    world.clock.move(timedelta(hours=1))
    await world.bot.tick()
    for name in ("pause", "digest_resume"):
        await acts.press(ORGANISER, await acts.say(ORGANISER, "digest"), name)


async def asked_life(acts: Acts, workers: Sequence[str]) -> None:
    """A poll of each kind and two waves of a pulse, by at least ten workers, with changes of mind,
    refusals and early ends."""
    for (kind, options, answer), days in zip(_QUESTIONS, (2, 1, 2, 1, 2, 5), strict=True):
        preview = await _new_poll(acts, kind, options, days)
        opened = await acts.press(ORGANISER, preview, "confirm")
        await acts.press(ORGANISER, preview, "confirm")  # twice: the same poll
        await acts.press(ORGANISER, opened, "results")  # too early
        for n, who in enumerate(workers):
            form = await acts.say(who, "pulse", WORDS["ignored"])
            more = {"comment": f"{WORDS['comment']} {n}"} if kind == "single" else {}
            await acts.fill(who, form, q1="nothing like that", **more)
            await acts.fill(who, form, q1=answer, **more)
            await acts.fill(who, form, q1=answer, **more)  # a change of mind
        if kind == "ranked":
            await acts.confirm(ORGANISER, await acts.say(ORGANISER, "poll", "close"), "close_poll")
        else:
            await acts.world.live(days=days, hours=1)
        await acts.fill(workers[0], form, q1=answer)  # too late
        await _look(acts, kind)
    await _waves(acts, workers)


#: The kind of a question, its options as typed, and what everybody answers.
_QUESTIONS: Sequence[tuple[str, str, str | list[str]]] = (
    ("single", "Tea\nCoffee\nNeither", "2"),
    ("multiple", "Rest days\nPay\nTools\n2", ["1", "3"]),
    ("scale", "not at all\nvery much", "4"),
    ("nps", "", "9"),
    ("yes_no", "", "no"),
    ("ranked", "Monday\nTuesday\nFriday", "3 1 2"),
)


async def _new_poll(acts: Acts, kind: str, options: str, days: int) -> Reply:
    """As far as its preview."""
    form = await acts.say(ORGANISER, "poll", "new")
    asked = {"question": f"A question of the kind {kind}", "kind": kind, "options": options}
    comment = "yes" if kind == "single" else "no"
    return await acts.fill(ORGANISER, form, **asked, days=str(days), comment=comment)


async def _look(acts: Acts, kind: str) -> None:
    """What came of the newest poll."""
    results = await acts.press(ORGANISER, await acts.say(ORGANISER, "poll", "results"), "results")
    await acts.press(ORGANISER, results, "export_results")
    if kind == "single":
        comments = await acts.press(ORGANISER, results, "comments")
        await acts.press(ORGANISER, comments, "comments")


async def _waves(acts: Acts, workers: Sequence[str]) -> None:
    """All of the bank, so that its questions take turns."""
    form = await acts.say(ORGANISER, "poll", "pulse")
    planned = {"every": "weekly", "days": "2", "start": "", "comment": "no"}
    await acts.fill(ORGANISER, form, bank=list(BANK), **planned)
    await acts.say(ORGANISER, "poll", "bank")
    await acts.world.bot.tick()
    for _ in range(2):
        for who in workers:
            asked = await acts.say(who, "pulse")
            assert asked.form is not None
            answers = {one.id: one.options[-1].value for one in asked.form.questions}
            await acts.fill(who, asked, **answers)
        await acts.world.live(days=7)
    listed = await acts.say(ORGANISER, "poll", "list")
    await acts.press(ORGANISER, await acts.press(ORGANISER, listed, "close_poll"), "confirm")
    await acts.world.live(days=3)


async def _nobody_answers(acts: Acts, late: str) -> None:
    """A case climbs and goes through many hands; its reporter agrees to a reader who came later."""
    world, (ines, karim, _) = acts.world, REPS
    greta = await acts.staff("Greta Holm")
    receipt = await acts.file(late, story=WORDS["late"], exclude=[greta])
    await acts.press(NEWCOMER, await acts.offered(NEWCOMER, NEW_NAME, Role.REP), "accept")
    await world.live(days=2, hours=1)
    await acts.press(late, await acts.visit(late, receipt), "escalate")
    await world.live(days=2)

    desk = await acts.desk_of(ORGANISER, WORDS["late"])
    for name in ("mute", "mute", "acknowledge"):
        await acts.press(ORGANISER, desk, name)
    for words in ("brought", "brought", "consent"):
        form = await acts.press(ORGANISER, desk, "bring_in")
        await acts.fill(ORGANISER, form, note=WORDS[words])
    await acts.press(karim, await acts.desk_of(karim, WORDS["late"]), "recuse")
    form = await acts.press(ORGANISER, desk, "hand_over")
    await acts.fill(ORGANISER, form, note=WORDS["handed"])
    await acts.confirm(ines, await acts.say(ines, "duty"), "hand_over_all")
    await world.live(days=3)
    await acts.press(late, await acts.visit(late, receipt), "agree")
    await world.live(days=2)

    desk = await acts.desk_of(NEWCOMER, WORDS["late"])
    await acts.fill(NEWCOMER, await acts.press(NEWCOMER, desk, "reply"), text=WORDS["reply"])
    form = await acts.press(NEWCOMER, desk, "resolve")
    await acts.fill(NEWCOMER, form, outcome=WORDS["outcome"])
    await world.live(days=2)
    await acts.write(late, await acts.visit(late, receipt), WORDS["again"])
    await world.live(days=9)
    await acts.visit(late, receipt)
    await acts.confirm(ines, await acts.desk_of(ines, WORDS["late"]), "close")


async def _file_twice(acts: Acts, who: str) -> str:
    """Edited, sent, sent again, shown again: one case."""
    edited = await acts.press(who, await acts.preview(who), "edit")
    answers = {"category": "hours", "spread": "me", "impact": "2", "story": WORDS["story"]}
    preview = await acts.fill(who, edited, **answers)
    receipt = receipt_in(await acts.press(who, preview, "send"))
    again = await acts.press(who, preview, "send")
    assert receipt_in(again) == receipt
    assert receipt_in(await acts.press(who, again, "show_again")) == receipt
    await acts.press(who, again, "saved")
    return receipt


async def _errors(acts: Acts, who: str) -> None:
    """All that goes wrong at the door: refused, and nothing of it kept."""
    await acts.say(who, "grievance", WORDS["ignored"])
    await acts.say(who, "no-such-command", WORDS["ignored"])
    form = await acts.press(who, await acts.say(who, "grievance"), "continue")
    await acts.fill(who, form, category="on_call", story=WORDS["wrong"])
    await acts.fill(who, form, category=WORDS["wrong"], story=WORDS["story"], exclude=["nobody"])
    await acts.fill(who, form, story=WORDS["story"] * 100)
    await acts.fill(who, form, story=WORDS["story"] + "\x07")
    await acts.press(who, await acts.preview(who, story=WORDS["story"]), "cancel")
    for wrong in ("ABCDEFG-ABCDEFG-ABCDEFG", "not a receipt at all", "0" * 21):
        await acts.visit(who, wrong)
    late = await acts.preview(who, story=WORDS["story"])
    acts.world.clock.move(timedelta(hours=1))
    await acts.world.bot.tick()
    await acts.press(who, late, "send")  # half an hour is over
    for forged in ("acknowledge", "open", "reply", "resolve"):
        await acts.world.bot.door.begin(forged, acts.world.whence(who), "ABCDEF")
