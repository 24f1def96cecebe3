"""Leak scan over Discord: what a worker's account and acts are called there lies nowhere.

Shows: through all that a worker can do (see test_discord_whispers), a slow bot, a full one, a bug and a
restart included, no id that Discord gave a worker, their interaction or its token, and no word, receipt
or wrong receipt of theirs lies in any file, in what the databases were asked, or in the log.
Does not show: what Discord keeps; what is in memory.
Control: what is planted is found, in a file and among what was asked; so is the server, which is kept.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.asked import asked
from tests.fakes.discord_week import Town, town_on
from tests.proofs.test_discord_whispers import Heard, life
from tests.proofs.test_slack_leaks import said
from tests.proofs.traces import hits, places_of

pytestmark = pytest.mark.xdist_group("discord")


def ids_of(town: Town) -> set[str]:
    """Of the worker, and of each of their acts, as the gateway told them."""
    worker = town.person("worker").hand.user.id
    found = {worker}
    for body in town.server.bodies:
        told: Any = json.loads(body.raw)["d"] if body.kind == "gateway INTERACTION_CREATE" else {}
        user = told.get("user") or told.get("member", {}).get("user") or {}
        if user.get("id") == worker:
            found |= {told["id"], told["token"]}
    return found


async def test_nothing_of_a_worker_lies_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with asked() as told:
        async with town_on(tmp_path / "town") as town:
            marks = await life(Heard(town), monkeypatch)
            ids = ids_of(town)
            log = json.dumps([(event, facts) for event, facts in town.world.log.lines])
        assert len(ids) > 40
        places = places_of(tmp_path / "town", tmp_path / "scratch")
        assert len(places) >= 2
        asked_for = {"asked": said(told), "log": log.encode()}
        assert hits([*marks, *ids], places | asked_for) == []


async def test_control_what_is_kept_or_planted_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with asked() as told:
        async with town_on(tmp_path / "town") as town:
            marks = await life(Heard(town), monkeypatch)
            async with town.platform._open_work() as work:
                await work.platforms.remember("discord", "planted", marks[-1])
        places = places_of(tmp_path / "town", tmp_path / "scratch")
        assert hits([town.guild.id], places)
        assert hits([marks[-1]], places)
        assert hits([marks[-1]], {"asked": said(told)})
