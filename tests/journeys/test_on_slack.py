"""Journeys on Slack, by socket and by HTTP: each person at a client that is as strict as Slack is."""

from datetime import timedelta

import pytest

from adapters.sandbox.people import OUTSIDE_BODY
from adapters.slack import render
from tests.fakes.acts import Acts, shown
from tests.fakes.slack_week import FORM, STORY, Person, Town, words
from tests.journeys.asking import answers
from tests.journeys.over_slack import TWO, filed, looked, town_of_the_module
from tests.journeys.pulsing import lives_through_a_pulse
from tests.journeys.spaces import InTheSandbox, OnSlack

pytestmark = [pytest.mark.xdist_group("slack"), pytest.mark.asyncio(loop_scope="module")]


one_town, town = town_of_the_module("socket", "http", TWO, pictures=True)


async def test_a_worker_is_heard(town: Town) -> None:
    rep = town.person("rep")
    receipt = await filed(town)

    await town.world.slot()
    await rep.hears(f"A case needs you by {town.day(1)}.")
    assert STORY not in "\n".join(rep.heard())
    await rep.types("/cases")
    assert STORY in await rep.presses("open")
    assert "You took this case." in await rep.presses("acknowledge")
    await rep.presses("ask")
    assert "Your question is kept." in await rep.submits(text="How often?")

    await town.world.slot()
    worker = await looked(town, receipt)
    assert "asked" in worker.sees
    assert "How often?" in worker.sees
    await worker.presses("message")
    assert "Readers see your message on" in await worker.submits(text="Every night.")

    await town.world.slot()
    await rep.types("/cases")
    assert "Every night." in await rep.presses("open")
    await rep.presses("resolve")
    await rep.submits(outcome="You said, we did.")

    await town.world.slot()
    worker = await looked(town, receipt)
    assert "Resolved" in worker.sees
    assert "You said, we did." in worker.sees

    town.world.clock.move(timedelta(days=63))
    await town.world.tick()
    worker = town.person("worker")
    await worker.types("/receipt")
    assert "opens nothing" in await worker.submits(receipt=receipt)


async def test_a_worker_sees_the_label_before_they_type_a_word(town: Town) -> None:
    worker = town.person("worker")
    label = await worker.types("/grievance")
    assert "Your name is not kept" in label
    assert "Whoever owns this Slack can tell that you used this bot" in label
    assert worker.view["submit"]["text"] == "Continue"
    form = await worker.submits()
    assert "What happened" in form
    preview = await worker.submits(**FORM)
    assert STORY in preview
    assert worker.view["submit"]["text"] == "Send it"
    receipt = await worker.submits()
    assert worker.receipt in receipt
    assert "What you typed" not in await worker.submits()


async def test_nobody_answers_and_the_case_climbs(town: Town) -> None:
    rep, organiser = town.person("rep"), town.person("organiser")
    await rep.types("/duty", "quiet_hours")
    quiet = await rep.submits(**{"from": "08:00", "until": "11:00", "zone": "UTC"})
    assert "08:00" in quiet
    receipt = await filed(town)

    await town.world.slot()
    needed = f"A case needs you by {town.day(1, '11:00')}."
    await town.world.live(hours=1)
    assert rep.heard() == [], "their quiet hours"
    await town.world.live(hours=1)
    await rep.hears(needed)

    await town.world.live(hours=24)
    await rep.hears(f"A case needs you by {town.day(1, '11:00')}.")
    assert "needs you" not in "\n".join(organiser.heard())
    await town.world.slot()
    worker = await looked(town, receipt)
    assert "We are late. This should have been answered by" in worker.sees
    assert "It has gone to all reps." in worker.sees

    await town.world.live(hours=2)
    await organiser.hears(f"A case needs you by {town.day(2, '11:00')}.")
    await town.world.live(hours=48)
    await organiser.hears("no step is left")
    await town.world.slot()
    worker = await looked(town, receipt)
    assert OUTSIDE_BODY in worker.sees


async def test_whoever_is_left_out_never_learns_of_it(town: Town) -> None:
    rep, worker = town.person("rep"), town.person("worker")
    before = await rep.types("/cases")
    await worker.types("/grievance")
    await worker.submits()
    (ines,) = [
        option["value"]
        for block in worker.view["blocks"]
        if block.get("block_id") == "exclude"
        for option in block["element"]["options"]
        if option["text"]["text"] == "Ines Moreau"
    ]
    await worker.submits(**FORM | {"category": "surveillance", "exclude": [ines]})
    await worker.submits()
    await town.world.live(days=4)
    assert "A case" not in "\n".join(rep.heard())
    await rep.hand.close()
    assert await rep.types("/cases") == before
    in_the_sandbox = shown(await Acts(town.world).say("karim-benali", "cases"))
    assert "Surveillance" in in_the_sandbox


async def test_cases_of_both_spaces_are_on_one_list(town: Town) -> None:
    await Acts(town.world).file("noor-haddad", category="ethics")
    await filed(town, category="discrimination")
    await town.world.slot()
    on_slack = await town.person("rep").types("/cases")
    in_the_sandbox = shown(await Acts(town.world).say("ines-moreau", "cases"))
    for category in ("Ethics of the product", "Discrimination"):
        assert category in on_slack
        assert category in in_the_sandbox


async def test_a_poll_is_asked_in_the_channel_and_answered_in_a_form(town: Town) -> None:
    organiser, worker, colleague = (
        town.person(name) for name in ("organiser", "worker", "colleague")
    )
    await organiser.types("/poll", "new", town.organisers)
    poll = {"question": "Shall we ask for rest days?", "kind": "yes_no", "days": "2"}
    await organiser.submits(**poll, comment="no")
    assert "The poll is open" in await organiser.presses("confirm")
    await town.world.tick()
    (posted,) = [m for m in town.general.messages if "rest days" in words(m)]

    for person, answer in ((worker, "no"), (worker, "yes"), (colleague, "no")):
        await person.presses("answer", message=posted, where="message")
        assert "Your answer is kept" in await person.submits(q1=answer)
        await person.hand.close()
    acts = Acts(town.world)
    for name, answer in zip("abcde", ("yes", "yes", "yes", "no", "no"), strict=True):
        await answers(acts, name, q1=answer)
    await town.world.live(days=2, hours=1)
    (results,) = [m for m in town.general.messages if "Results of a poll" in words(m)]
    assert "50-75 %" in words(results)
    assert "25-50 %" in words(results)


async def test_below_the_floor_everything_is_withheld(town: Town) -> None:
    organiser, worker = town.person("organiser"), town.person("worker")
    await organiser.types("/poll", "new", town.organisers)
    poll = {"question": "Shall we ask for a raise?", "kind": "yes_no", "days": "2"}
    await organiser.submits(**poll, comment="no")
    await organiser.presses("confirm")
    await town.world.tick()
    await worker.presses("answer", where="message")
    await worker.submits(q1="yes")
    await town.world.live(days=2, hours=1)
    (results,) = [m for m in town.general.messages if "Results of a poll" in words(m)]
    assert "withheld" in words(results)


async def test_a_pulse_is_asked_in_two_spaces_week_by_week_and_shows_the_trend(town: Town) -> None:
    await lives_through_a_pulse(town, OnSlack(town), InTheSandbox(town.world))


async def test_the_digest_comes_once_on_monday_morning_whatever_becomes_of_the_process(
    town: Town,
) -> None:
    def digests() -> int:
        return sum("Every case was answered in time" in words(m) for m in town.organisers.messages)

    await town.world.live(hours=1, minutes=29)
    assert digests() == 0
    await town.restart()
    await town.world.live(minutes=1)
    assert digests() == 1
    await town.restart()
    await town.world.live(days=6)
    assert digests() == 1


async def test_a_talk_that_is_too_long_for_a_window_is_turned_page_by_page(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whoever holds the receipt, and by a reader; turning a page does nothing else."""
    receipt = await filed(town, category="hours")
    await town.world.slot()
    worker, rep = await looked(town, receipt), town.person("rep")
    for words_ in ("The first of two.", "The second of two."):
        await worker.presses("message")
        await worker.submits(text=words_)
    await town.world.slot()
    case = await opened_with(rep, "The second of two.")
    monkeypatch.setattr(render, "MOST_BYTES", 700)
    await rep.types("/cases")
    await rep.presses(case)
    await looked(town, receipt)
    for who in (rep, worker):
        pages = [who.sees]
        while turned := next(iter(turns(who, len(pages))), ""):
            pages.append(await who.presses(turned))
            assert len(pages) < 20
        assert len(pages) > 2
        for part in (STORY, "The first of two.", "The second of two."):
            assert sum(part in one for one in pages) == 1, part
        back = await who.presses(f"page:{len(pages) - 2}")
        assert back == pages[-2]


async def opened_with(rep: Person, said: str) -> str:
    """The button that opens the case in which this was said."""
    await rep.types("/cases")
    shown = [one for block in rep.view["blocks"] for one in block.get("elements", ())]
    for button in [one["action_id"] for one in shown if one.get("action_id", "")[:5] == "open:"]:
        await rep.types("/cases")
        if said in await rep.presses(button):
            return str(button)
    raise AssertionError(said)


def turns(who: Person, page: int) -> list[str]:
    """The buttons that lead to a page, counted from 0."""
    shown = [one for block in who.view["blocks"] for one in block.get("elements", ())]
    ids = [one.get("action_id", "") for one in shown]
    return [one for one in ids if one.startswith(f"page:{page}:")]


async def test_what_stands_behind_a_command_is_neither_kept_nor_repeated(town: Town) -> None:
    worker = town.person("worker")
    said = await worker.types("/grievance", "my boss Bob Miller shouts at night")
    assert "ignored" in said.lower()
    assert "Your name is not kept" in said
    sent = [b for b in town.server.bodies if b.to == "town"]
    assert not any("Bob Miller" in word for body in sent for word in body.words)


async def test_the_shortcut_and_the_home_lead_to_the_same_label(town: Town) -> None:
    worker = town.person("worker")
    await worker.hand.shortcut("grievance")
    assert "Your name is not kept" in await worker.answered()
    await worker.hand.close()
    await worker.hand.home()
    await worker.hand.until(lambda: worker.hand.home_view)
    assert "/grievance" in words(worker.hand.home_view)
    await worker.hand.press("grievance", where="home")
    assert "Your name is not kept" in await worker.answered()
