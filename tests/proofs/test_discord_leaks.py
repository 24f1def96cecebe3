"""Leak scan over Discord: what a worker's account and acts are called there lies nowhere.

Shows: through all that a worker can do (see discord_life.py), a slow bot, a full one, a bug and a restart
included, nothing that Discord calls a worker (id, name, name shown, nick, picture), their acts (ids and
tokens), their talks, other servers of theirs or their whispers, no token of a button that only they had,
and no word, receipt or wrong receipt of theirs lies in any file, in what the databases were asked, or in
the log. Does not show: what Discord keeps; what is in memory (test_memory.py).
Control: what is planted is found, in a file and among what was asked; so is the server, which is kept.
"""

import json
from pathlib import Path

import pytest

from tests.fakes.asked import asked
from tests.fakes.discord_week import town_on
from tests.proofs.discord_life import SHOWN, Heard, ids_of, life, the_worker
from tests.proofs.test_slack_leaks import said
from tests.proofs.traces import hits, places_of

pytestmark = pytest.mark.xdist_group("discord")


async def test_nothing_of_a_worker_lies_anywhere_but_what_is_planted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with asked() as told:
        async with town_on(tmp_path / "town") as town:
            marks = await life(Heard(town), monkeypatch)
            user = the_worker(town).hand.user
            ids = ids_of(town.server, town.guild, user.id)
            talk = town.server.direct(user)
            log = json.dumps([(event, facts) for event, facts in town.world.log.lines])
            places = places_of(tmp_path / "town", tmp_path / "scratch")
            asked_for = {"asked": said(told), "log": log.encode()}
            async with town.platform._open_work() as work:
                await work.platforms.remember("discord", "planted", SHOWN)
    assert len(ids) > 150
    assert talk.id in ids, "a talk with the bot has an id, which is somebody's by proxy"
    assert len(places) >= 2
    assert hits(marks | ids, places | asked_for) == []

    # The control.
    planted = places_of(tmp_path / "town", tmp_path / "planted")
    found = hits(marks | ids, planted)
    assert found
    assert all(one.startswith(SHOWN) for one in found), "nor when the bot has stopped"
    assert hits([town.guild.id], places), "the server is kept"
    assert hits([SHOWN], {"asked": said(told)})
