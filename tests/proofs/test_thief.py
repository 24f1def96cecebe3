"""Thief: whoever takes the database, without the key store, cannot tell whose a ballot is.

Shows: 500 accounts answer in random order, and then all that lies there (the file byte by byte, row
and page order, PostgreSQL's places and transactions, lengths, every column) beside the platform's
own log (who, when, how many bytes they sent) matches ballots and accounts no better than chance.
Does not show: the last minute or so, in which new ballots lie as they came until they are written
anew; PostgreSQL's own log and the unused bytes of its pages, which keep that order for longer.
Control: a column of moments, row ids, ballots never written anew, unpadded lengths: each matches.
"""

import random
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import text

from adapters.sandbox import people
from bot.domain.polls import ballots
from bot.ports import Noted
from bot.settings import Where
from storage.engine import open_engine
from tests.fakes.acts import Acts
from tests.fakes.postgres import installation
from tests.fakes.voting import answered, is_taken, key_of, opened_poll, vault_of
from tests.fakes.world import World, folders, new_world
from tests.proofs.figures import tell
from tests.proofs.loot import Loot, looted
from tests.proofs.scale import scaled

ANSWERS = scaled(500, least=100)
LONGEST_WORDS = 2000
#: More matches has one random order in ten million; further off on a normal curve one in 10**9.
MOST_MATCHES, FURTHEST = 9, 6.0


@dataclass(frozen=True)
class Theft:
    """``came``: the poll's tags in the order in which their accounts answered, which the platform's
    log tells, were it known whose each is. ``sent``: how many bytes each account sent."""

    loot: Loot
    came: list[bytes]
    sent: dict[bytes, int]

    def found(self) -> dict[str, tuple[int, float, float]]:
        """Of each guess: matches (forwards or backwards), correlation of ranks, neighbours in
        order; the latter two as standard deviations from what chance gives."""
        at = {tag: n for n, tag in enumerate(self.came)}
        guesses = {name: [at[tag] for tag in order] for name, order in self.loot.orders.items()}
        by_length = sorted(self.loot.lengths, key=lambda tag: (self.loot.lengths[tag], tag))
        by_words = sorted(self.sent, key=lambda tag: (self.sent[tag], at[tag]))
        place = {tag: n for n, tag in enumerate(by_words)}
        guesses["length"] = [place[tag] for tag in by_length]
        return {name: judged(guess) for name, guess in guesses.items()}


def judged(guess: Sequence[int]) -> tuple[int, float, float]:
    n = len(guess)
    assert sorted(guess) == list(range(n))
    matches = max(sum(a == b for a, b in enumerate(one)) for one in (guess, guess[::-1]))
    apart = sum((a - b) ** 2 for a, b in enumerate(guess))
    ranks = (1 - 6 * apart / (n * (n * n - 1))) * (n - 1) ** 0.5
    rising = sum(a < b for a, b in pairwise(guess))
    return matches, ranks, (rising - (n - 1) / 2) / ((n + 1) / 12) ** 0.5


def told(found: Mapping[str, tuple[int, float, float]]) -> list[str]:
    """Which guesses are better than chance."""
    return [
        name
        for name, (matches, *far) in found.items()
        if matches > MOST_MATCHES or max(map(abs, far)) > FURTHEST
    ]


Plant = Callable[[Where], Awaitable[None]]


async def nothing(where: Where) -> None:
    return None


async def theft(
    world: World, comment: bool, *, crowds: int = 1, settled: bool = True, plant: Plant = nothing
) -> Theft:
    """Everybody answers, in so many crowds; some time goes by after each."""
    poll = await opened_poll(Acts(world), comment="yes" if comment else "no")
    await plant(world.where)
    dice = random.Random(ANSWERS)  # noqa: S311 who answers when, and what
    accounts = [f"@worker-{n}:elsewhere.example" for n in range(ANSWERS)]
    dice.shuffle(accounts)
    words = {one: "x" * dice.randrange(1, LONGEST_WORDS) if comment else "" for one in accounts}
    for n, who in enumerate(accounts):
        world.clock.move(timedelta(milliseconds=dice.randrange(50)))
        reply = await answered(world, who, poll, str(dice.randrange(1, 4)), words[who])
        assert is_taken(reply)
        if n + 1 in {ANSWERS * crowd // crowds for crowd in range(1, crowds + 1)}:
            world.clock.move(timedelta(minutes=3 if settled else 0))
            await world.bot.tick()
    key, vault = await key_of(world.where, poll), vault_of(world.where)
    tags = {
        one: vault.ballot_tag(vault.ballot_pepper(key), people.PLATFORM, one) for one in accounts
    }
    sent = {tags[one]: len(words[one]) for one in accounts}
    assert [line for line in world.log.lines if line[0] is not Noted.SLOT] == []
    return Theft(await looted(world.where, poll), list(tags.values()), sent)


@pytest.fixture(params=["sqlite", "postgresql"])
async def where(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Where]:
    if request.param == "sqlite":
        yield folders(tmp_path)
        return
    async with installation(request.getfixturevalue("postgres"), tmp_path) as made:
        yield made


@pytest.fixture
async def world(where: Where) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        grown = lambda seeded: replace(seeded, members=2 * ANSWERS)  # noqa: E731 used once
        yield await stack.enter_async_context(new_world(where, change=grown))


@pytest.mark.parametrize(
    ("comment", "crowds"), [(False, 2), (True, 1), (True, 2)], ids=["short", "long", "long twice"]
)
async def test_no_ballot_is_matched_to_its_account(
    world: World, comment: bool, crowds: int, request: pytest.FixtureRequest
) -> None:
    found = (await theft(world, comment, crowds=crowds)).found()
    best = max(found, key=lambda name: found[name][0])
    n = f"{found[best][0]} of {ANSWERS} by the best of {len(found)} guesses ({best})"
    tell(request, f"thief, {request.node.callspec.id}: {n}")
    assert told(found) == []
    assert len(found) >= 5


# Control ----------------------------------------------------------------------------------------


async def moments(where: Where) -> None:
    """Each row with the moment at which it was written."""
    if where.database.startswith("sqlite"):
        column = "n REAL DEFAULT (julianday('now'))"
        anew = f"(poll, tag, sealed, {column}, PRIMARY KEY (poll, tag)) WITHOUT ROWID"
        return _made_anew(where, anew)
    engine = open_engine(where.database)
    async with engine.begin() as connection:
        add = "ALTER TABLE ballots ADD COLUMN n timestamptz DEFAULT clock_timestamp()"
        await connection.execute(text(add))
    return await engine.dispose()


async def row_ids(where: Where) -> None:
    _made_anew(where, "(poll, tag, sealed, PRIMARY KEY (poll, tag))")


def _made_anew(where: Where, columns: str) -> None:
    with closing(sqlite3.connect(where.data / "groundswell.db", timeout=10)) as database:
        database.executescript(f"DROP TABLE ballots; CREATE TABLE ballots {columns}")


async def test_a_column_of_moments_tells_all(world: World) -> None:
    found = (await theft(world, comment=False, settled=False, plant=moments)).found()
    assert found["column n"][0] > 0.9 * ANSWERS


async def test_ballots_that_are_not_written_anew_lie_as_they_came(world: World) -> None:
    found = (await theft(world, comment=True, settled=False)).found()
    on_sqlite = world.where.database.startswith("sqlite")
    tells = ["place of its inside"] if on_sqlite else ["as they are read", "column writer"]
    assert [name for name in tells if found[name][0] < 0.9 * ANSWERS] == []


async def test_row_ids_tell_all(tmp_path: Path) -> None:
    async with new_world(folders(tmp_path)) as world:
        found = (await theft(world, comment=False, settled=False, plant=row_ids)).found()
    assert found["row id"][0] == ANSWERS


async def test_unpadded_ballots_are_matched_by_their_length(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ballots, "_fitted", lambda content, size: content)
    found = (await theft(world, comment=True)).found()
    assert "length" in told(found)
