"""Leak scan over Slack: what a worker's account, acts and windows are called there lies nowhere.

Shows: through a grievance, its receipt, a visit, a message, a poll, corrections, refusals, payloads
that come twice, the App Home, a shortcut, an expired trigger and a restart in the middle, over both
ways in, no id that Slack gave a worker, their trigger, view or message, and no word, receipt or wrong
receipt of theirs lies in any file, in what the databases were asked, or in the log.
Does not show: what Slack keeps; what is in memory.
Control: what is planted is found, in a file and among what was asked; so is a member of staff's
workspace, which is kept.
"""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.asked import asked
from tests.fakes.slack import Town as Server
from tests.fakes.slack import Workspace
from tests.fakes.slack_week import FORM, STORY, Town, town_on
from tests.proofs.traces import bytes_of, hits, places_of

TYPED = "Robert Miller of the night shift"
ANSWER = "Every night but the one before a holiday."
WRONG = "7KQ2M9X-0000000-0000000"


async def life(town: Town) -> list[str]:
    """Somebody does all that a worker can do; gives what they could be found by."""
    worker, faults = town.person("worker"), town.server.faults
    await worker.types("/grievance", TYPED)
    await worker.submits()
    await worker.hand.submit({}, forced=True)
    await worker.submits(**FORM)
    faults.twice = 1
    await worker.submits()
    receipt = worker.receipt
    await worker.presses("show_again")
    await worker.submits()
    await worker.hand.close()
    await town.restart()
    faults.error("views.open", "expired_trigger_id")
    await worker.hand.command("/receipt", channel=town.general)
    await worker.hand.home()
    await worker.hand.shortcut("grievance")
    await worker.answered()
    await worker.hand.close()
    await town.world.slot()
    await worker.types("/receipt")
    await worker.submits(receipt=WRONG)
    await worker.submits(receipt=receipt)
    await worker.presses("message")
    await worker.submits(text=ANSWER)
    await worker.hand.close()
    organiser = town.person("organiser")
    await organiser.types("/poll", "new", town.organisers)
    poll = {"question": "Shall we?", "kind": "yes_no", "days": "2", "comment": "no"}
    await organiser.submits(**poll)
    await organiser.presses("confirm")
    await town.world.bot.tick()
    for answer in ("yes", "no"):
        await worker.presses("answer", where="message")
        await worker.submits(q1=answer)
        await worker.hand.close()
    await town.world.live(days=3)
    return [
        receipt,
        WRONG,
        TYPED,
        STORY,
        ANSWER,
        *ids_of(town.server, town.space, worker.hand._user.id),
    ]


def said(told: list[tuple[str, list[Any]]]) -> bytes:
    """All that the databases were asked, with what stood in it."""
    return bytes_of(one for statement, values in told for one in (statement, *values))


def ids_of(server: Server, space: Workspace, user: str) -> list[str]:
    """What Slack called them, and all that they did."""
    found = {user}
    for body in server.bodies:
        if body.user == user and body.to == "bot":
            words = body.words
            keys = ("trigger_id", "response_url", "hash", "id", "action_ts", "view_id")
            found |= {
                value
                for key, value in pairwise(words)
                if key in keys and len(value) > 9 and value[0].isalnum()
            }
    kept = {*space.channels, space.team, space.bot_id, space.bot_user_id, server.app.id}
    staff = {one.id for name, one in space.users.items() if one.name != "worker"}
    buttons = {one for one in found if one.partition(":")[0].isalpha() and ":" in one}
    return sorted(found - kept - staff - buttons)


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_nothing_of_a_worker_lies_anywhere(tmp_path: Path, mode: str) -> None:
    with asked() as told:
        async with town_on(tmp_path / "town", mode) as town:
            marks = await life(town)
            log = json.dumps([(event, facts) for event, facts in town.world.log.lines])
        assert len(marks) > 20
        places = places_of(tmp_path / "town", tmp_path / "scratch")
        assert len(places) >= 2
        asked_for = {"asked": said(told), "log": log.encode()}
        assert hits(marks, places | asked_for) == []


async def test_control_what_is_kept_or_planted_is_found(tmp_path: Path) -> None:
    with asked() as told:
        async with town_on(tmp_path / "town", "socket") as town:
            marks = await life(town)
            rep = town.space.user("rep").id
            async with town.platform._open_work() as work:
                await work.platforms.remember("slack", "planted", marks[-1])
        places = places_of(tmp_path / "town", tmp_path / "scratch")
        assert hits([town.space.team], places)
        assert hits([marks[-1]], places)
        assert hits([marks[-1]], {"asked": said(told)})
        assert hits([rep], places) == [], "sealed, for they accepted a role"
