"""Leak scan over Slack: what a worker's account, acts and windows are called there lies nowhere.

Shows: through all that a worker can do (see slack_life.py), corrections, refusals, payloads that come
twice, the App Home, a shortcut, an expired trigger and a restart in the middle, over both ways in, no
name and no id that Slack gave a worker, their trigger, view or message, and no word, receipt or wrong
receipt of theirs lies in any file, in what the databases were asked, or in the log.
Does not show: what Slack keeps; what is in memory (test_memory.py).
Control: what is planted is found, in a file and among what was asked; so is a member of staff's
workspace, which is kept.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.asked import asked
from tests.fakes.slack_week import town_on
from tests.proofs.slack_life import NAME, life
from tests.proofs.traces import bytes_of, hits, places_of


def said(told: list[tuple[str, list[Any]]]) -> bytes:
    """All that the databases were asked, with what stood in it."""
    return bytes_of(one for statement, values in told for one in (statement, *values))


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_nothing_of_a_worker_lies_anywhere_but_what_is_planted(
    tmp_path: Path, mode: str
) -> None:
    with asked() as told:
        async with town_on(tmp_path / "town", mode) as town:
            marks = await life(town)
            rep = town.space.user("rep").id
            log = json.dumps([(event, facts) for event, facts in town.world.log.lines])
            places = places_of(tmp_path / "town", tmp_path / "scratch")
            asked_for = {"asked": said(told), "log": log.encode()}
            async with town.platform._open_work() as work:
                await work.platforms.remember("slack", "planted", NAME)
    assert len(marks) > 60
    assert len(places) >= 2
    assert hits(marks, places | asked_for) == []

    # The control.
    planted = places_of(tmp_path / "town", tmp_path / "planted")
    found = hits(marks, planted)
    assert found
    assert all(one.startswith(NAME) for one in found), "nor when the bot has stopped"
    assert hits([NAME], {"asked": said(told)})
    assert hits([town.space.team], places), "the workspace is kept"
    assert hits([rep], places) == [], "sealed, for they accepted a role"
