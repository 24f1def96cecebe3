"""Brought back: what was done after a backup is unknown to it, and nothing is asked, reckoned or changed a
second time for that.

Shows: after a restore on a later day no wave opens that may have opened meanwhile, no digest of a past week
comes, no case that one may have counted is counted again, and no change holds that waited then; the next
wave and digest come in their time, and what held already is told on. Does not show: what people did in
between otherwise: who was left out, or lost a role, or what was asked and answered by hand. Control: left
as the backup has it, the wave opens, the week is counted and the withdrawn change holds a second time.
"""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.chance import SystemChance
from bot.chat import Card
from bot.ports import Noted
from bot.restoring import Restored
from bot.settings import Where
from bot.wiring import groundswell
from storage import restored as obeying
from tests.fakes.acts import Acts
from tests.fakes.agreeing import MODERATORS, second
from tests.fakes.backed import backed_up, restored
from tests.fakes.lives import ORGANISER
from tests.fakes.world import US, HandClock, KeptLog, KeptPost, World, caller, folders, new_world
from tests.proofs.opening import rows_of

OSKAR, LEILA = MODERATORS
HELD, WITHDRAWN = "The union, every Tuesday", "The manager's sister"
DAY = timedelta(days=1)
CASES = 6


@dataclass
class Before:
    """A world that went on behind its backup; ``moment``: when that was made."""

    root: Path
    world: World
    backups: Path

    async def again(self) -> tuple[Where, Restored]:
        """Brought back elsewhere, beside the key store of today."""
        new = folders(self.root / "new")
        new.data.mkdir(parents=True)
        shutil.copytree(self.world.where.keys, new.keys)
        return new, await restored(new, self.backups, self.world.clock.now())


async def outside(acts: Acts, body: str) -> None:
    """Two moderators ask for another outside body."""
    form = await acts.world.bot.door.begin("setup_outside", caller(OSKAR))
    await acts.fill(OSKAR, form, body=body)
    await second(acts.world)


async def begin(world: World) -> None:
    """On Monday a weekly pulse and a change, which holds by Thursday; then cases, and another change."""
    acts = Acts(world)
    form = await acts.say(ORGANISER, "poll", "pulse")
    asked: dict[str, Any] = {"bank": ["stay"], "every": "weekly", "days": "3", "start": ""}
    await acts.fill(ORGANISER, form, **asked, comment="no")
    await outside(acts, HELD)
    await world.live(days=3)
    await outside(acts, WITHDRAWN)
    for n in range(CASES):
        await acts.file(f"worker-{n}")
    await world.live(days=1)


async def go_on(world: World) -> None:
    """The change is withdrawn; on the next Monday a wave opens, and the week's digest comes."""
    (waits,) = [one for one in (await pending(world)) if one.waits]
    await world.bot.door.begin("withdraw_change", caller(LEILA), waits.id)
    before = len(world.post.digests)
    await world.live(days=3, hours=4)
    assert [came(card) for _, card in world.post.digests[before:]] == ["5"]
    assert await open_waves(world.where) == [2]
    assert (await community(world)).policy.outside_body == HELD


async def community(world: World) -> Any:
    return (await world.bot.communities.meet(caller("anyone"))).community


async def pending(world: World) -> Any:
    return (await world.bot.communities.meet(caller("anyone"))).pending


async def open_waves(where: Where) -> list[int]:
    return [row["wave"] for row in (await rows_of(where.database))["polls"] if not row["closed"]]


def came(card: Card) -> str:
    """How many cases came, as a digest has it."""
    (rows,) = (one.value.lines for one in card.fields if one.label.key == "digest.moved")
    (count,) = [one.facts["count"] for one in rows if one.facts["what"].key == "digest.moved.came"]
    return str(count.facts.get("number", count.key))


@pytest.fixture
async def before(tmp_path: Path) -> AsyncIterator[Before]:
    async with new_world(folders(tmp_path / "living"), chance=SystemChance()) as world:
        await begin(world)
        await backed_up(world.where, tmp_path / "backups", world.clock.now())
        await go_on(world)
        yield Before(tmp_path, world, tmp_path / "backups")


@asynccontextmanager
async def lives_on(where: Where, world: World) -> AsyncIterator[World]:
    """A bot on it, at the same moment, and what is due is done."""
    clock, chance, log, post = HandClock(world.clock.now()), SystemChance(), KeptLog(), KeptPost()
    post.clock = clock
    posts, none = {"sandbox": post}, timedelta(0)
    async with groundswell(where, US, posts, clock, chance, log, room_delay=none) as bot:
        new = World(bot, where, clock, chance, log, post)
        await new.tick()
        yield new
        assert [facts for event, facts in log.lines if event is Noted.BUG] == []


async def test_nothing_happens_a_second_time(before: Before) -> None:
    where, done = await before.again()
    assert done.obeyed.changes == 1
    async with lives_on(where, before.world) as world:
        assert await open_waves(where) == []
        assert world.post.digests == []
        (told,) = await pending(world)
        assert told.held is not None
        await world.live(days=4)  # what waited would have held by now
        assert (await community(world)).policy.outside_body == HELD
        await world.live(days=3)
        assert await open_waves(where) == [3]
        ((_, card),) = world.post.digests
        assert came(card) == "digest.carried"


async def test_control_left_as_they_were_all_of_it_does(
    before: Before, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: object) -> int:
        return 0

    for one in ("_pass_waves", "_pass_weeks", "_drop_changes"):
        monkeypatch.setattr(obeying, one, nothing)
    where, _ = await before.again()
    async with lives_on(where, before.world) as world:
        assert await open_waves(where) == [2]
        ((_, card),) = world.post.digests
        assert came(card) == "5"
        await world.live(days=4)
        assert (await community(world)).policy.outside_body == WITHDRAWN
