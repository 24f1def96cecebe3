"""A crowd and kills: whoever was shown a receipt has a case, also where many share a commit.

Shows: 60 SIGKILLs (8 in CI) of a process on SQLite in which 16 workers send at once, just before and
just after a commit that several share and at any moment: every receipt that was read opens its case,
and no filing is kept twice. Does not show: power lost under the disk's own cache.
Control: a process that answers before the commit loses some.
"""

import random
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest

from adapters.chance import SystemChance
from adapters.sandbox import people
from adapters.vault import make_key_files
from bot.wiring import groundswell
from tests.fakes.crowds import AT_ONCE
from tests.fakes.field import ANY_MOMENT, Field, field_on
from tests.fakes.world import US, KeptLog, KeptPost, caller, folders
from tests.proofs.figures import tell
from tests.proofs.scale import scaled

AROUND = ("before commit", "after commit")
DEATHS = (*AROUND, ANY_MOMENT)
KILLS = scaled(60, least=8)
HASTY = 10  #: times three, until the control has lost something


@pytest.mark.xdist_group("processes")
async def test_every_receipt_that_was_read_opens_its_case(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    async with field_on(folders(tmp_path), tmp_path) as field:
        await _found(field)
        await _die(field, "crowd", DEATHS, KILLS)
        lost, kept = await _lost(field), _kept(field)
    read = len(field.receipts)
    tell(request, f"a crowd and kills: {KILLS} kills, {read} receipts read, {len(lost)} lost")
    assert (lost, field.bugs) == ([], [])
    assert (
        len(set(field.receipts))
        == read
        >= sum(field.deaths["crowd", p] for p in AROUND) * (AT_ONCE // 2)
    )
    assert kept >= read


@pytest.mark.xdist_group("processes")
async def test_who_answers_before_the_commit_loses_some(tmp_path: Path) -> None:
    async with field_on(folders(tmp_path), tmp_path) as field:
        await _found(field)
        for _ in range(HASTY):  # what waits for its commit just then may be of nobody who has read
            await _die(field, "hasty crowd", AROUND[:1], 3)
            if await _lost(field):
                break
        else:
            raise AssertionError("nothing was lost")


async def _die(field: Field, role: str, points: Sequence[str], kills: int) -> None:
    """One after another: on SQLite there is one process."""
    dice = random.Random(kills)  # noqa: S311 when to kill, not what to keep secret
    for point in islice(cycle(points), kills):
        await field.dies(role, point, dice.random())


async def _found(field: Field) -> None:
    make_key_files(field.where.keys, SystemChance())
    field.where.data.mkdir()
    async with _bot(field) as bot:
        new_id = lambda: SystemChance().bytes(16).hex()  # noqa: E731 used once
        await bot.communities.found(people.community(new_id, "TESTCODE", field.clock.now()))


async def _lost(field: Field) -> list[str]:
    """The receipts somebody has read that open nothing."""
    async with _bot(field) as bot:
        return [one for one in field.receipts if not await _opens(bot, one)]


async def _opens(bot: Any, receipt: str) -> bool:
    form = await bot.door.submit("receipt", caller("anyone"), "", {"receipt": receipt})
    return form.form is None


def _kept(field: Field) -> int:
    """How many cases wait. No slot happened; nobody keeps time."""
    with closing(sqlite3.connect(field.where.data / "groundswell.db")) as line:
        (count,) = line.execute("SELECT count(DISTINCT key) FROM waiting").fetchone()
        assert line.execute("SELECT count(*) FROM waiting").fetchone() == (count,)
    return int(count)


def _bot(field: Field) -> Any:
    posts = {people.PLATFORM: KeptPost()}
    parts = (field.where, US, posts, field.clock, SystemChance(), KeptLog())
    return groundswell(*parts)
