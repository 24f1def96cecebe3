"""Watcher: whoever sees every message ever posted knows no more than who holds the released tables.

Shows: over hundreds of polls of 5 to 60 answers on the whole bot, all that is ever posted (opening,
reminder, weekly bulletin, results, what the digest says of polls, and when) and all that people are shown who ask meanwhile is the
same wherever the released table is the same: both guess a target's vote equally well. What was
released once is never released again. (What a table itself tells: test_known_votes.py.)
Does not show: what the platform's own log tells, or how long an answer takes.
Control: a room that is told how many have answered knows more than the table.
"""

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.sandbox import people
from bot.chat import Card, Line, line
from bot.domain.polls import PollId
from bot.domain.privacy import Result
from bot.services.polls.ballots import Ballots
from storage.engine import open_engine
from storage.work import work_on
from tests.fakes.acts import Acts
from tests.fakes.lives import ORGANISER
from tests.fakes.voting import answered, closed_early, is_taken, opened_poll
from tests.fakes.world import World, caller, folders, new_world
from tests.proofs.figures import tell
from tests.proofs.scale import scaled

WORLDS = 2
POLLS = scaled(200, least=20)  #: in each world, one a week
MOST = 60
TO_FRIDAY, DAYS, WEEK = timedelta(days=4, hours=2, minutes=30), 4, timedelta(days=7)
OPTIONS = ("Tea", "Coffee", "Neither")
ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Watched:
    """One poll. ``offered``: how many options, as everybody is told at the opening; ``seen``: all
    that was posted, and all that was shown to whoever asked; ``cards``: what was posted;
    ``result``: what was released; ``vote``: how one person voted."""

    offered: int
    seen: tuple[Any, ...]
    cards: tuple[Card, ...]
    result: Result
    vote: int


async def watched(world: World, dice: random.Random, most: int = MOST) -> Watched:
    """A poll from a Friday to a Tuesday, and the days until the next Friday."""
    began, heard, shown = world.clock.at, len(world.post.heard), set[Any]()
    offered = OPTIONS[: dice.choice((2, 2, 3))]
    poll = await opened_poll(Acts(world), options="\n".join(offered), days=DAYS)
    await world.bot.tick()
    n = dice.randint(5, dice.choice((min(9, most), most)))
    liked = [dice.gammavariate(0.7, 1) + 1e-9 for _ in offered]
    votes = dice.choices(range(len(offered)), liked, k=n)
    moments = sorted(dice.uniform(0, DAYS * 24 - 1) for _ in range(6))
    whose = dict(enumerate(sorted(dice.choice(moments) for _ in votes)))
    for moment in moments:
        await _until(world, began + timedelta(hours=moment))
        shown |= {plain(one, began) for one in await _asked(world, poll)}
        for who in (who for who, at in whose.items() if at == moment):
            for vote in (*dice.choices((0, 1), k=dice.random() < 0.1), votes[who]):
                reply = await answered(world, f"worker-{who}", poll, str(vote + 1))
                assert is_taken(reply)
                shown.add(plain(reply, began))
    await _until(world, began + WEEK)
    # In each room as it was said; which of two rooms is spoken to first is drawn by lot.
    posted = sorted(world.post.heard[heard:], key=lambda one: one[:2])
    said = tuple((plain(at, began), to, plain(card, began)) for at, to, card in posted)
    cards = tuple(card for _, _, card in posted)
    seen, table = (said, tuple(sorted(shown, key=repr))), await released(world, poll)
    return Watched(len(offered), seen, cards, table, votes[0])


def _of_polls(card: Card) -> Any:
    """What a digest says of polls that closed; its number and the head of the chain are no poll's."""
    return [one for one in card.fields if one.label == line("digest.polls")], card.chart


async def _until(world: World, moment: datetime) -> None:
    await world.live(days=(moment - world.clock.at) / timedelta(days=1))


async def _asked(world: World, poll: str) -> list[Any]:
    """What somebody who has not answered is shown, and an organiser who cannot wait."""
    door = world.bot.door
    form = await door.begin("answer", caller("bystander"), poll)
    assert form.form is not None
    return [form, await door.begin("results", caller(ORGANISER), poll)]


async def released(world: World, poll: str) -> Result:
    engine = open_engine(world.where.database)
    async with work_on(engine)() as work:
        found = await work.polls.get(PollId(poll))
    await engine.dispose()
    assert found is not None
    assert found.result is not None
    return found.result


def plain(thing: Any, began: datetime) -> Any:
    """All of it, but for random ids; every moment as the time since the opening."""
    if isinstance(thing, datetime):
        return str(thing - began)
    if isinstance(thing, str):
        return ID.sub("some id", thing)
    if is_dataclass(thing):
        parts = (plain(getattr(thing, one.name), began) for one in fields(thing))
        return (type(thing).__name__, *parts)
    if isinstance(thing, dict):
        return tuple((plain(name, began), plain(one, began)) for name, one in thing.items())
    if isinstance(thing, tuple | list):
        return tuple(plain(one, began) for one in thing)
    return repr(thing)


# The best guess of either -----------------------------------------------------------------------


def from_the_table(result: Result) -> int:
    found = result.questions[0]
    lows = [-1 if cell is None else cell.low for cell in found.cells]
    return (*found.majority, lows.index(max(lows)) if lows else 0)[0]


def from_the_messages(cards: Sequence[Card]) -> int:
    """The option that the last card with figures puts first; of each card all lines are read."""
    best = 0
    for card in cards:
        said = [one for one in _lines(card) if one.key in ("results.cell", "results.majority")]
        if said and said[0].key == "results.majority":
            best = OPTIONS.index(dict(said[0].facts)["options"][0])
        elif said:
            lows = [_low(dict(one.facts)["share"]) for one in said]
            best = OPTIONS.index(dict(said[lows.index(max(lows))].facts)["option"])
    return best


def _low(share: Line) -> int:
    facts = dict(share.facts)
    return int(facts.get("low", facts.get("percent", "-1")))


def _lines(thing: Any) -> list[Line]:
    if isinstance(thing, Line):
        return [thing]
    if is_dataclass(thing):
        return [found for one in fields(thing) for found in _lines(getattr(thing, one.name))]
    return [f for one in thing for f in _lines(one)] if isinstance(thing, tuple) else []


def classes(polls: Sequence[Watched]) -> tuple[int, int, int]:
    """How many tables there are, how many transcripts, and how many pairs of both."""
    tables = [repr((one.offered, one.result)) for one in polls]
    seen = [repr(one.seen) for one in polls]
    return len(set(tables)), len(set(seen)), len(set(zip(tables, seen, strict=True)))


async def a_year(root: Path, seed: int, polls: int) -> list[Watched]:
    dice = random.Random(seed)  # noqa: S311 who votes how, and when
    change = lambda seeded: replace(seeded, members=MOST)  # noqa: E731 used once
    async with new_world(folders(root), str(seed), change=change) as world:
        await _until(world, world.clock.at + TO_FRIDAY)
        found = [await watched(world, dice) for _ in range(polls)]
        await _until(world, world.clock.at + WEEK)
        weekly = [
            (at, card) for at, _, card in world.post.weekly if card.title.key == "digest_card.title"
        ]
    # Two digests come before the one that tells of the first poll.
    told = [plain(_of_polls(card), at) for at, card in weekly[2:]]
    assert len(told) == len(found)
    assert all("digest.poll'" in repr(one) for one in told)
    return [replace(one, seen=(*one.seen, of)) for one, of in zip(found, told, strict=True)]


@pytest.mark.parametrize("seed", range(WORLDS))
async def test_every_message_together_tells_what_the_table_tells(
    seed: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    polls = await a_year(tmp_path, seed, POLLS)
    tables, seen, both = classes(polls)
    assert (seen, both) == (tables, tables)
    assert 1 < tables < len(polls), "some have the same table, some have not"
    watching = [from_the_messages(one.cards) == one.vote for one in polls]
    holding = [from_the_table(one.result) == one.vote for one in polls]
    assert watching == holding
    right = f"the watcher is right in {sum(watching)}, the holder in {sum(holding)}"
    tell(request, f"watcher, {len(polls)} polls, {tables} tables, {seen} transcripts: {right}")
    kinds = Counter(one.key for poll in polls for card in poll.cards for one in _lines(card))
    assert kinds["results.cell"]
    assert kinds["results.majority"]
    assert kinds["poll.open_one"], "weekly bulletins spoke of open polls"


async def test_a_room_that_is_told_how_many_have_answered_knows_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast, told = Ballots.cast, Counter[str]()

    async def telling(self: Ballots, here: Any, id: str, ballot: Any) -> Any:
        poll = await cast(self, here, id, ballot)
        told[id] += 1
        card = Card(line("cases.some", n=told[id], shown=told[id]))
        post = worlds[0].post
        await post.to_room(people.SPACE, "general", card, here.community, f"{id} {told[id]}")
        return poll

    monkeypatch.setattr(Ballots, "cast", telling)
    worlds: list[World] = []
    dice = random.Random(0)  # noqa: S311 who votes how, and when
    async with new_world(folders(tmp_path)) as world:
        worlds.append(world)
        await _until(world, world.clock.at + TO_FRIDAY)
        polls = [await watched(world, dice, 6) for _ in range(10)]
    tables, seen, both = classes(polls)
    assert seen == both == len(polls) > tables


async def test_what_was_released_once_is_never_released_again(world: World) -> None:
    poll = await opened_poll(Acts(world), options="\n".join(OPTIONS), days=DAYS)
    for n in range(12):
        assert is_taken(await answered(world, f"worker-{n}", poll, str(n % 3 + 1)))
    await closed_early(world, poll)
    await world.bot.tick()
    once, said = await released(world, poll), _results(world)
    await closed_early(world, poll)
    assert not is_taken(await answered(world, "worker-0", poll, "1"))
    assert not is_taken(await answered(world, "worker-13", poll, "1"))
    await world.live(days=DAYS + 4)
    assert await released(world, poll) == once
    assert _results(world) == said
    assert len(said) == 1


def _results(world: World) -> list[Card]:
    return [card for _, card in world.post.rooms if "results.closed" in repr(card)]
