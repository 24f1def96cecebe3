"""Ballots and kills: whoever was told that their answer is kept finds it counted, once.

Shows: 100 SIGKILLs (a tenth in CI) of processes in which 40 answers are under way at once, before
and after the commit and at any moment, on SQLite one and on PostgreSQL three at a time beside one
that writes ballots anew: each account has one ballot, no answer that was said to be kept is lost or
replaced by an older one, and the close counts each account once.
Does not show: power lost under the database's own disk.
Control: processes that answer before the commit lose some.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from adapters.chance import SystemChance
from adapters.sandbox import people
from adapters.vault import make_key_files
from bot.domain.polls import PollId
from bot.domain.polls.ballots import decoded
from bot.domain.privacy import Counted
from bot.services.polls import closing
from bot.settings import Where
from bot.wiring import groundswell
from storage.engine import open_engine
from storage.tables import ballots as table
from storage.work import work_on
from tests.fakes.acts import Acts
from tests.fakes.field import ANY_MOMENT, Field, field_on
from tests.fakes.postgres import installation
from tests.fakes.voters import POLL
from tests.fakes.voting import key_of, opened_poll, vault_of
from tests.fakes.world import US, KeptLog, KeptPost, World, folders
from tests.proofs.figures import tell
from tests.proofs.scale import scaled

DEATHS = ("before commit", "after commit", ANY_MOMENT)
PLACES = {"sqlite": ("voter",), "postgresql": ("voter", "voter", "voter", "settler")}
KILLS = {"sqlite": scaled(40, least=6), "postgresql": scaled(100, least=12)}
ANSWERS = {(0,): 1, (1,): 2}


@pytest.fixture(params=["sqlite", "postgresql"])
async def where(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Where]:
    make_key_files(tmp_path / "keys", SystemChance())
    (tmp_path / "data").mkdir()
    if request.param == "sqlite":
        yield folders(tmp_path)
        return
    async with installation(request.getfixturevalue("postgres"), tmp_path) as made:
        yield made


@dataclass(frozen=True)
class Left:
    """``told``: the last answer of each account that was said to be kept; ``ballots``: what their
    tags lead to; ``rows``: how many ballots there are; ``counted``: what the close counted."""

    told: dict[str, int]
    ballots: dict[str, int]
    rows: int
    counted: tuple[Counted, ...]

    @property
    def lost(self) -> list[str]:
        """Whose answer is not there, or an older one instead."""
        return [who for who, n in self.told.items() if self.ballots.get(who, 0) < n]


@pytest.mark.xdist_group("processes")
async def test_what_was_said_to_be_kept_is_counted_once(
    where: Where, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = where.database.partition("+")[0]
    async with field_on(where, tmp_path) as field:
        poll = await _asked(field)
        await _die(field, PLACES[kind], KILLS[kind])
        left = await _left(field, poll, monkeypatch)
    killed = sum(field.deaths.values())
    said = f"{len(left.told)} accounts told, {left.rows} ballots, {len(left.lost)} lost"
    tell(request, f"ballots and kills, {kind}: {killed} kills, {said}")
    assert killed == KILLS[kind]
    assert set(field.deaths) == {(role, point) for role in PLACES[kind] for point in DEATHS}
    assert (left.lost, field.bugs) == ([], [])
    assert len(left.told) > 5 * killed
    assert set(left.told.values()) == {1, 2}
    assert left.rows >= len(left.told)
    (counted,) = left.counted
    assert counted.answers == left.rows
    assert sum(counted.cells) == left.rows


@pytest.mark.xdist_group("processes")
async def test_who_answers_before_the_commit_loses_some(
    where: Where, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with field_on(where, tmp_path) as field:
        poll = await _asked(field)
        await _die(field, ("hasty voter",), 3)
        left = await _left(field, poll, monkeypatch)
    assert left.lost


async def _asked(field: Field) -> str:
    """A poll of everybody, open for as long as it can be."""
    async with _bot(field, KeptPost()) as bot:
        new_id = lambda: SystemChance().bytes(16).hex()  # noqa: E731 used once
        seeded = people.community(new_id, "TESTCODE", field.clock.now())
        await bot.communities.found(replace(seeded, members=1000))
        world = World(bot, field.where, field.clock, SystemChance(), KeptLog(), KeptPost())
        poll = await opened_poll(Acts(world), days=60)
    (field.root / POLL).write_text(poll)
    return poll


async def _die(field: Field, places: Sequence[str], kills: int) -> None:
    """All places live and die side by side; each death is followed by another life."""
    dice = random.Random(kills)  # noqa: S311 when to kill, not what to keep secret
    async with asyncio.TaskGroup() as together:
        for n, role in enumerate(places):
            share = len(range(n, kills, len(places)))
            together.create_task(_lives(field, role, [dice.random() for _ in range(share)]))


async def _lives(field: Field, role: str, dice: Iterable[float]) -> None:
    dice = list(dice)
    for point, die in zip(islice(cycle(DEATHS), len(dice)), dice, strict=True):
        await field.dies(role, point, die)


async def _left(field: Field, poll: str, monkeypatch: pytest.MonkeyPatch) -> Left:
    """Nobody is killed any more: what lies there, opened with the poll's key; then the close."""
    told = Counter[str]()
    for who, answer in field.kept:
        told[who] = max(told[who], int(answer))
    key, vault = await key_of(field.where, poll), vault_of(field.where)
    engine = open_engine(field.where.database)
    async with work_on(engine)() as work:
        found = await work.polls.get(PollId(poll))
    async with engine.connect() as connection:
        rows = await connection.execute(select(table.c.tag, table.c.sealed))
        by_tag = {row.tag: row.sealed for row in rows}
    await engine.dispose()
    assert found is not None
    ballots = {}
    for who in told:
        mine = by_tag.get(vault.ballot_tag(vault.ballot_pepper(key), people.PLATFORM, who))
        if mine is not None:
            (answer,) = decoded(vault.open_ballot(key, mine), found.questions).answers
            ballots[who] = ANSWERS[answer]
    return Left(dict(told), ballots, len(by_tag), await _closed(field, monkeypatch))


async def _closed(field: Field, monkeypatch: pytest.MonkeyPatch) -> tuple[Counted, ...]:
    """What the bot itself counts at the close; the next start says the results once."""
    counted: list[Any] = []
    discloses = closing.disclosed

    def heard(counts: Any, **more: Any) -> Any:
        counted.append(tuple(counts))
        return discloses(counts, **more)

    monkeypatch.setattr(closing, "disclosed", heard)
    async with _bot(field, KeptPost()) as bot:
        field.clock.move_to(field.clock.now() + timedelta(days=61))
        await bot.heartbeat.tick()
        await bot.heartbeat.tick()
    (once,) = counted
    return tuple(once)


def _bot(field: Field, post: KeptPost) -> Any:
    posts = {people.PLATFORM: post}
    parts = (field.where, US, posts, field.clock, SystemChance(), KeptLog())
    return groundswell(*parts, room_delay=timedelta(0))
