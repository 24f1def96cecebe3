"""Digest worlds: what the running bot says in its digests is what the plain account allows.

Shows: over whole worlds of 26 weeks, lived through the door (cases sent, urgent, withdrawn, deleted,
with somebody left out at once or later; taken in time, late or never; ended), the figures read off
the digests' cards, and their first line, hold beside the oracle of test_digest_history.py.
Does not show: more histories than these; that proof has thousands, without a database.
Control: the same cards beside an oracle that also counts cases from which somebody was left out.
"""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.chat import Card, Line, Rows
from bot.domain.digests import Figure
from tests.fakes.acts import Acts, names
from tests.fakes.looking import Looking, looking
from tests.fakes.world import MONDAY, World, caller, folders, new_world
from tests.proofs.figures import tell
from tests.proofs.scale import scaled
from tests.proofs.test_digest_history import Half, Told, hold
from tests.proofs.weeks import WEEK, WEEKS, Life, slot_after
from tests.unit.harbour import HOUR

WORLDS = scaled(10, least=1)
ABOUT = ("on_call", "hours")
REP, CARRIED = "karim-benali", ("digest.carried", "digest.carried_or_less")
DEADLINES = (24, 48, 96)  #: hours after the release, of the steps that have one
DUE = MONDAY.replace(hour=9, minute=0)  #: the first digest
Doing = Callable[[], Awaitable[None]]


@dataclass
class Living:
    """One world: what is to happen when, and the truth of each case."""

    acts: Acts
    look: Looking
    greta: str
    dice: random.Random
    lives: list[Life] = field(default_factory=list)
    plans: list[tuple[datetime, int, Doing]] = field(default_factory=list)
    receipts: dict[int, str] = field(default_factory=dict)

    @property
    def world(self) -> World:
        return self.acts.world

    async def live(self) -> None:
        for n in range(self.dice.randint(70, 110)):
            self._plan(
                n, DUE + timedelta(hours=self.dice.randint(1, WEEKS * 168 - 400), minutes=20)
            )
        for at, _, do in sorted(self.plans, key=lambda one: one[:2]):
            await self._until(at)
            await do()
            await self.world.bot.tick()
        await self._until(DUE + (WEEKS - 1) * WEEK + HOUR)

    async def _until(self, moment: datetime) -> None:
        await self.world.live(hours=(moment - self.world.clock.at) / HOUR)

    def _plan(self, n: int, filed: datetime) -> None:
        dice, urgent = self.dice, self.dice.random() < 0.15
        hour = filed.replace(minute=0)
        release = hour if urgent else slot_after(filed)
        came = hour + HOUR if urgent else release
        life = Life(dice.choice(ABOUT), filed if urgent else release, came, urgent)
        life.happened["came"] = came
        out = dice.random() < 0.15
        life.left_out = life.there if out else None
        self.lives.append(life)
        self._does(filed, lambda: self._file(n, life.category, urgent=urgent, out=out))
        self._regret(n, life, filed)
        self._answer(n, life, release)

    def _does(self, at: datetime, do: Doing) -> None:
        self.plans.append((at, len(self.plans), do))

    def _regret(self, n: int, life: Life, filed: datetime) -> None:
        """At most one of: leaving somebody out later, withdrawing, deleting."""
        what = self.dice.choices(("", "exclude", "withdraw", "delete"), (7, 1, 1, 1))[0]
        when = filed + timedelta(minutes=7, hours=self.dice.choice((0, 30, 90, 300)))
        crosses = max(when.replace(minute=0) if life.urgent else slot_after(when), life.there)
        if what == "exclude":
            life.left_out = life.left_out or crosses
        elif what == "withdraw":
            life.withdrawn = crosses
        elif what == "delete":
            life.gone = when if life.urgent or when < life.there else crosses
        if what:
            self._does(when, lambda: self._regrets(n, what))

    def _answer(self, n: int, life: Life, release: datetime) -> None:
        """Taken by a reply, so that no word is owed; in time, late or never."""
        over = min((one for one in (life.withdrawn, life.gone) if one), default=None)
        hours = self.dice.choice((3, 10, 20, 33, 60, 130, 0))
        take = life.there + hours * HOUR + timedelta(minutes=31) if hours else None
        take = None if take and over and take > over - HOUR else take
        until = take or over
        passed = [release + after * HOUR for after in DEADLINES]
        life.missed = [due for due in passed if until is None or due < until]
        if life.missed:
            life.happened["climbed"] = life.missed[0]
            life.late.append((life.missed[0], until))
        if take:
            life.happened["taken"] = take
            self._does(take, lambda: self._staff(n, "reply", text="We have read it together."))
            if over is None and self.dice.random() < 0.7:
                end = take + self.dice.randint(5, 200) * HOUR
                life.happened["ended"] = end
                self._does(end, lambda: self._staff(n, "resolve", outcome="They have agreed."))

    # What people do -------------------------------------------------------------------------------

    async def _file(self, n: int, category: str, *, urgent: bool, out: bool) -> None:
        how, exclude = "send_urgent" if urgent else "send", [self.greta] if out else []
        self.receipts[n] = await self.acts.file(
            f"worker {n}", how, category=category, exclude=exclude
        )

    async def _regrets(self, n: int, what: str) -> None:
        view = await self.acts.visit("reporter", self.receipts[n])
        if what == "exclude":
            if what in names(view):  # she was left out already
                form = await self.acts.press("reporter", view, what)
                await self.acts.fill("reporter", form, exclude=[self.greta])
        else:
            await self.acts.confirm("reporter", view, what)

    async def _staff(self, n: int, what: str, **answers: str) -> None:
        found = await self.look.case(self.receipts[n])
        assert found is not None
        reply = await self.world.bot.door.submit(what, caller(REP), found[1].number, answers)
        assert not reply.form, "it was not taken"


# Read off the cards -----------------------------------------------------------------------------


def read(card: Card) -> Told:
    """What somebody reads in a digest: its figures, a nought where fewer than five are carried on,
    and its first line."""
    counts = {dict(one.facts)["what"].key: dict(one.facts)["count"] for one in _counts(card)}
    found = {one.value: _number(counts[f"digest.moved.{one.value}"]) for one in Figure}
    found |= {f"about.{one}": _number(counts.get(f"category.{one}")) for one in ABOUT}
    (first,) = [one.key for one in card.lines if isinstance(one, Line) and "in_time" in one.key]
    return found, {"digest.in_time.yes": True, "digest.in_time.no": False}[first]


def _counts(card: Card) -> list[Line]:
    rows = [one.value for one in card.fields if isinstance(one.value, Rows)]
    lines = [one for row in rows for one in row.lines if isinstance(one, Line)]
    return [one for one in lines if one.key == "digest.count"]


def _number(said: Any) -> int:
    if said is None or said.key in CARRIED:
        return 0
    assert said.key == "digest.new", said
    assert int(said.facts["number"]) > 0
    return int(said.facts["number"])


async def lived(root: Path, seed: int) -> tuple[Half, list[Told]]:
    dice = random.Random(f"world {seed}")  # noqa: S311 what happens, and when
    async with (
        new_world(folders(root), str(seed)) as world,
        looking(world.where, world.chance) as look,
    ):
        acts = Acts(world)
        living = Living(acts, look, await acts.staff("Greta Holm"), dice)
        await living.live()
        cards = [card for _, card in world.post.digests]
        dues = [DUE + n * WEEK for n in range(WEEKS)]
        half = Half(tuple(living.lives), tuple((due, due) for due in dues))
        return half, [read(card) for card in cards]


@pytest.mark.parametrize("seed", range(WORLDS))
async def test_what_the_cards_say_is_what_the_oracle_counts(
    seed: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    half, found = await lived(tmp_path, seed)
    assert len(found) == WEEKS
    hold(half, found)
    showed = sum(any(figures.values()) for figures, _ in found)
    came = sum(figures["came"] for figures, _ in found)
    assert came >= 15
    assert {in_time for _, in_time in found} == {True, False}
    tell(
        request, f"world {seed}: {len(half.lives)} cases, {came} told in {showed} of {WEEKS} weeks"
    )

    for one in half.lives:  # the control
        one.left_out = None
    with pytest.raises(AssertionError, match=r"too few|first line"):
        hold(half, found)


async def test_a_digest_of_nothing_says_no_nought(world: World) -> None:
    await world.live(days=9)
    for _, card in world.post.digests:
        figures, in_time = read(card)
        assert (set(figures.values()), in_time) == ({0}, True)
        said = [one.facts["count"] for one in _counts(card)]
        assert len(said) == len(Figure) + 1
        assert {one.key for one in said} == set(CARRIED)
    assert len(world.post.digests) == 2


async def test_a_case_is_counted_in_one_week_alone(world: World) -> None:
    acts = Acts(world)
    for n in range(5):
        await acts.file(f"worker {n}")
    await world.live(days=30)
    came = [read(card)[0]["came"] for _, card in world.post.digests]
    assert came == [5, 0, 0, 0, 0]
