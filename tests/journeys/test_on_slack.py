"""Journeys on Slack, by socket and by HTTP: each person at a client that is as strict as Slack is."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from adapters.sandbox.people import OUTSIDE_BODY
from bot.chat import Reply
from tests.fakes.acts import Acts, shown
from tests.fakes.slack_week import STORY, Town, words
from tests.journeys import digesting
from tests.journeys.asking import answers
from tests.journeys.digesting import (
    comes_at_nine_in_summer_and_in_winter,
    comes_once_whatever_becomes_of_the_process,
)
from tests.journeys.over_slack import TWO, filed, looked, option, town_of_the_module
from tests.journeys.pulsing import lives_through_a_pulse
from tests.journeys.spaces import InTheSandbox, OnSlack

pytestmark = [pytest.mark.xdist_group("slack"), pytest.mark.asyncio(loop_scope="module")]


one_town, town = town_of_the_module("socket", "http", TWO, pictures=True)


async def test_the_digest_comes_at_nine_by_the_clock_on_the_wall_in_summer_and_in_winter(
    town: Town,
) -> None:
    """The first story here: to come to that day from another year takes long."""
    await comes_at_nine_in_summer_and_in_winter(digesting.OnSlack(town))


async def test_a_worker_is_heard(town: Town) -> None:
    rep = town.person("rep")
    assert "Ines Moreau (rep)" in await town.person("worker").types("/reps"), "the rep is on duty"
    await town.person("worker").hand.close()
    receipt = await filed(town)
    worker = await looked(town, receipt)
    assert "Waiting for its slot" in worker.sees
    assert f"Look again on\n{town.day()}" in worker.sees

    await town.world.slot()
    await rep.hears(f"A case needs you by {town.day(1)}.")
    assert STORY not in "\n".join(rep.heard())
    await rep.types("/cases")
    assert STORY in await rep.presses("open")
    assert "You took this case." in await rep.presses("acknowledge")
    await rep.presses("ask")
    assert "Your question is kept." in await rep.submits(text="How often?")
    worker = await looked(town, receipt)
    assert "With the reps" in worker.sees
    assert "How often?" not in worker.sees, "not before the slot"

    await town.world.slot()
    worker = await looked(town, receipt)
    assert "asked" in worker.sees
    assert "How often?" in worker.sees
    assert "Waiting on you" in worker.sees
    await worker.presses("message")
    assert "Readers see your message on" in await worker.submits(text="Every night.")
    await rep.types("/cases")
    assert "Every night." not in await rep.presses("open"), "not before the slot"

    await town.world.slot()
    await rep.types("/cases")
    assert "Every night." in await rep.presses("open")
    await rep.presses("resolve")
    await rep.submits(outcome="You said, we did.")

    await town.world.slot()
    worker = await looked(town, receipt)
    assert "Resolved" in worker.sees
    assert "You said, we did." in worker.sees
    await is_shredded_on_its_day(town, receipt)


async def is_shredded_on_its_day(town: Town, receipt: str) -> None:
    """As the receipt said: until that day it opens the case, and then nothing."""
    gone = town.world.clock.at + timedelta(days=60)
    gone = next(day for day in (gone + timedelta(days=n) for n in range(3)) if is_slot(day))
    told = f"Deleted for good on\n{gone.day} {gone:%B %Y}"
    worker = await looked(town, receipt)
    assert told in worker.sees
    town.world.clock.at = gone - timedelta(hours=1)
    await town.world.tick()
    assert told in (await looked(town, receipt)).sees
    town.world.clock.at = gone
    await town.world.tick()
    await worker.hand.close()
    await worker.types("/receipt")
    said = await worker.submits(receipt=receipt)
    assert "This receipt opens nothing. It may be mistyped, or its case was deleted." in said
    assert "On-call" not in await town.person("rep").types("/cases")


def is_slot(day: datetime) -> bool:
    return day.weekday() in (0, 2, 4)


@dataclass
class Told:
    """What staff were told of cases, each alone: two on Slack, one more rep in the sandbox."""

    town: Town

    def all(self) -> dict[str, list[str]]:
        people = {name: self.town.person(name).heard() for name in ("rep", "organiser")}
        cards = [one for who, one in self.town.world.post.people if who == SECOND]
        people[SECOND] = [shown(Reply((one,))) for one in cards]
        return {who: [one for one in said if OF_A_CASE.search(one)] for who, said in people.items()}

    async def only_after(self, hours: int, *names: str, words: str) -> None:
        """So many hours later these are told so; until the last minute nobody is told anything."""
        before = self.all()
        await self.town.world.live(hours=hours - 1, minutes=59)
        assert self.all() == before, "not a minute before"
        await self.town.world.live(minutes=1)
        new = {who: said[len(before[who]) :] for who, said in self.all().items()}
        assert {who for who, said in new.items() if said} == set(names)
        for said in (new[who] for who in names):
            assert len(said) == 1
            assert words in said[0]
            assert STORY not in said[0]


SECOND = "karim-benali"
NO_STEP = "No step was left here. Help outside was named, and nothing was sent there."
OF_A_CASE = re.compile("case needs you|answered a case")


async def test_nobody_answers_and_the_case_climbs(town: Town) -> None:
    rep, told = town.person("rep"), Told(town)
    await rep.types("/duty", "quiet_hours")
    quiet = await rep.submits(**{"from": "08:00", "until": "11:00", "zone": "UTC"})
    assert "08:00" in quiet
    receipt = await filed(town)
    before = told.all()
    await town.world.slot()
    assert told.all() == before, "their quiet hours"
    await told.only_after(2, "rep", words=f"A case needs you by {town.day(1, '11:00')}.")
    needed = f"A case needs you by {town.day(2, '11:00')}."
    await told.only_after(24, "rep", SECOND, words=needed)

    await town.world.slot()
    worker = await looked(town, receipt)
    assert "We are late. This should have been answered by" in worker.sees
    assert "It has gone to all reps." in worker.sees
    needed = f"A case needs you by {town.day(2, '11:00')}."
    await told.only_after(2, "organiser", words=needed)

    await town.world.live(hours=45, minutes=59)
    worker = await looked(town, receipt)
    assert "It has gone to all reps." in worker.sees, "what staff did shows at a slot"
    await town.world.slot()
    worker = await looked(town, receipt)
    assert "It has gone to the organisers." in worker.sees
    assert NO_STEP not in worker.sees
    everybody = ("rep", "organiser", SECOND)
    await told.only_after(2, *everybody, words="no step is left")
    await town.world.slot()
    worker = await looked(town, receipt)
    assert NO_STEP in worker.sees
    assert f"Outside this community you can turn to: {OUTSIDE_BODY}" in worker.sees
    await rep.types("/cases")
    await rep.presses("open")
    assert "You took this case." in await rep.presses("acknowledge"), "it is never too late"
    await rep.types("/duty", "quiet_hours")
    await rep.submits(**{"from": "03:00", "until": "03:05", "zone": "UTC"})


async def test_whoever_is_left_out_never_learns_of_it(town: Town) -> None:
    """Nor of a list, nor at any step of its climb; all that they ever read is compared in
    tests/proofs/test_slack_exclusion.py."""
    rep = town.person("rep")
    before = await rep.types("/cases")
    receipt = await filed(
        town, category="surveillance", exclude=[await option(town, "Ines Moreau")]
    )
    heard = len(rep.heard())
    await town.world.live(days=4)
    assert not OF_A_CASE.search("\n".join(rep.heard()[heard:]))
    await rep.hand.close()
    assert await rep.types("/cases") == before
    in_the_sandbox = shown(await Acts(town.world).say(SECOND, "cases"))
    assert "Surveillance" in in_the_sandbox
    assert "It has gone to" in (await looked(town, receipt)).sees


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
    await comes_once_whatever_becomes_of_the_process(digesting.OnSlack(town))
