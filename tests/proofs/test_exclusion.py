"""Exclusion: whoever was left out sees the world in which the case does not exist.

Shows: over random histories of all acts, a rep on duty, another rep and the organiser, each left
out in turn, are shown in every reply, list, notice (and when), room, chain and panel what they see
when the hidden cases and all done in them never were; random labels and hashes are replaced.
Does not show: what the cap does beyond ten grievances an hour, digests, what reps tell each other.
Control: notices that count hidden cases, or are told at a step without asking who reads, are found;
so is a case that leaves out somebody else.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

import pytest

from bot.chat import Card, line
from bot.domain.communities import Community
from bot.ports import Noted
from tests.fakes.acts import Acts
from tests.fakes.world import KeptPost, folders, new_world
from tests.proofs.scale import scaled
from tests.proofs.town import (
    DUTY_DEEDS,
    LOOK,
    NAMES,
    REPORTERS_DEEDS,
    STAFF_DEEDS,
    Act,
    Town,
    TurnChance,
    full_history,
    history,
)

WHO = ("ines-moreau", "karim-benali", "ruth-adeyemi")  #: left out in turn
HISTORIES = scaled(200, least=9)
Seen = list[list[str]]


async def seen_in(
    root: Path,
    acts: Sequence[Act],
    me: str,
    *,
    hidden_too: bool,
    name: str = "",
    post: KeptPost | None = None,
    done: set[str] | None = None,
) -> Seen:
    """All that ``me`` sees of a history; hidden cases leave out ``name``, me unless told. What
    was done in it goes into ``done``."""
    chance = TurnChance()
    async with new_world(folders(root), post=post, chance=chance) as world:
        asked = Acts(world)
        out, greta = await asked.staff(name or NAMES[me]), await asked.staff("Greta Holm")
        town = Town(asked, chance, me, out, greta)
        for n, act in enumerate(acts):
            await town.happen(n, act, hidden_too=hidden_too)
        assert world.log.lines == [one for one in world.log.lines if one[0] is Noted.SLOT]
    if done is not None:
        done |= town.done
    return town.seen


@pytest.mark.parametrize("seed", range(HISTORIES))
async def test_a_left_out_rep_sees_the_world_without_the_case(seed: int, tmp_path: Path) -> None:
    me = WHO[seed % len(WHO)]
    there = await seen_in(tmp_path / "there", history(seed, me), me, hidden_too=True)
    without = await seen_in(tmp_path / "without", history(seed, me), me, hidden_too=False)
    assert _differences(there, without) == []


@pytest.mark.parametrize("me", WHO)
async def test_they_see_it_too_where_all_is_done_that_can_be(me: str, tmp_path: Path) -> None:
    done: set[str] = set()
    there = await seen_in(tmp_path / "there", full_history(me), me, hidden_too=True, done=done)
    assert {*STAFF_DEEDS, *REPORTERS_DEEDS, *DUTY_DEEDS} - done == set()
    assert any("This is shown" in word for look in there for word in look)
    without = await seen_in(tmp_path / "without", full_history(me), me, hidden_too=False)
    assert _differences(there, without) == []


def _differences(there: Seen, without: Seen) -> list[tuple[list[str], list[str]]]:
    return [(one, other) for one, other in zip_longest(there, without) if one != other]


# The control ------------------------------------------------------------------------------------


async def test_a_case_that_leaves_out_somebody_else_is_seen(tmp_path: Path) -> None:
    acts = history(0, WHO[0])
    acts = acts[: acts.index(LOOK) + 1]  # one look is enough
    there, without = [
        await seen_in(tmp_path / str(one), acts, WHO[0], hidden_too=one, name="Karim Benali")
        for one in (True, False)
    ]
    assert there != without


@dataclass
class CountingPost(KeptPost):
    """What must not be: a fixed notice that tells how many cases there are, hidden ones too."""

    database: Path = Path()

    async def to_room(
        self, space: str, room: str, card: Card, community: Community, id: str
    ) -> None:
        with closing(sqlite3.connect(self.database, timeout=10)) as database:
            (n,) = database.execute("SELECT count(*) FROM cases").fetchone()
        counted = replace(card, lines=(*card.lines, line("cases.some", n=n, shown=n)))
        await super().to_room(space, room, counted, community, id)


@pytest.mark.parametrize("me", WHO)
async def test_a_notice_that_counts_hidden_cases_is_noticed(me: str, tmp_path: Path) -> None:
    acts, views = history(0, me), []
    until = acts.index(LOOK) + 1  # the first look is enough
    for hidden_too in (True, False):
        root = tmp_path / str(hidden_too)
        post = CountingPost(database=root / "data" / "groundswell.db")
        views.append(await seen_in(root, acts[:until], me, hidden_too=hidden_too, post=post))
    there, without = views
    assert there != without
