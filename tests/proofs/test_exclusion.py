"""Exclusion, first form: whoever was left out sees the world in which the case does not exist.

Shows: over random histories, all that a left-out rep is ever shown equals, after random labels are
replaced, what they see when the hidden cases and all said in them never were. Does not show: what
the cap does beyond ten grievances an hour, digests, escalation, what reps tell each other.
Control: a notice that counts hidden cases, and a case that leaves out somebody else, break it.
"""

import json
import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.sandbox import render
from bot.chat import Card, Reply, line
from bot.domain.communities import Community
from bot.ports import Noted
from bot.texts import Speaker
from tests.fakes.acts import REPS, Acts, names, shown
from tests.fakes.world import CountedChance, KeptPost, caller, folders, new_world
from tests.proofs.scale import scaled

LEFT_OUT, OTHERS = REPS[0], REPS[1:]  #: the one on duty, to whom notices go first
NUMBER = re.compile(r"\b[23456789CDFGHJKMNPQRTVWXY]{6}\b")


@dataclass(frozen=True)
class Act:
    """One thing somebody does. ``case``: which; ``hidden`` ones never happen in the other world."""

    what: str
    case: str = ""
    who: str = ""

    @property
    def hidden(self) -> bool:
        return self.case.startswith("hidden")


def history(seed: int) -> list[Act]:
    """A few days of a town: cases shown and hidden, messages, staff's acts, slots in between."""
    chance = CountedChance(f"history {seed}")
    acts = [Act("file", "shown 0"), Act("file", "hidden 0"), Act("slot"), Act("look")]
    cases = ["shown 0", "hidden 0"]
    for n in range(1, 10):
        what = chance.shuffled(("file", "message", "withdraw", "staff", "staff", "slot"))[0]
        if what == "file":
            cases.append(f"{chance.shuffled(('shown', 'hidden', 'hidden urgent'))[0]} {n}")
            acts.append(Act("file", cases[-1]))
        elif what in ("message", "withdraw", "staff"):
            deed = chance.shuffled(("acknowledge", "reply", "ask", "note", "resolve", "close"))[0]
            about = chance.shuffled(cases)[0]
            rep = chance.shuffled(OTHERS)[0]
            acts.append(Act(deed if what == "staff" else what, about, rep))
        else:
            acts.append(Act(what))
    return [*acts, Act("look"), Act("slot"), Act("look"), Act("late"), Act("look")]


@dataclass
class Town:
    """One world in which a history happens, and all that the left-out rep sees of it."""

    acts: Acts
    leave_out: str
    receipts: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    seen: list[list[str]] = field(default_factory=list)

    async def happen(self, act: Act, *, hidden_too: bool) -> None:
        if act.what == "slot":
            await self.acts.world.slot()
        elif act.what == "late":
            self.acts.world.clock.move(timedelta(days=4))
            await self.acts.world.bot.tick()
        elif act.what == "look":
            await self._look()
        elif act.what not in ("file", "message", "withdraw"):
            await self._staff(act)  # who finds nothing does nothing
        elif hidden_too or not act.hidden:
            await (self._file(act.case) if act.what == "file" else self._say(act))

    async def _file(self, case: str) -> None:
        exclude = [self.leave_out] if case.startswith("hidden") else []
        how = "send_urgent" if "urgent" in case else "send"
        self.receipts[case] = await self.acts.file(
            f"worker of {case}", how, story=f"This is {case}: nobody ever sleeps.", exclude=exclude
        )

    async def _say(self, act: Act) -> None:
        view = await self.acts.visit("reporter", self.receipts[act.case])
        if act.what == "message" and "message" in names(view):
            await self.acts.write("reporter", view, "It still happens, and every night.")
        elif "withdraw" in names(view):
            await self.acts.confirm("reporter", view, "withdraw")

    async def _staff(self, act: Act) -> None:
        """Another rep looks through their list, and does something in the case if it is there."""
        for desk in await self._desks(act.who):
            if f"This is {act.case}:" in shown(desk) and act.what in names(desk):
                if act.what in ("acknowledge", "close"):
                    pressed = await self.acts.press(act.who, desk, act.what)
                    if act.what == "close":
                        await self.acts.press(act.who, pressed, "confirm")
                else:
                    form = await self.acts.press(act.who, desk, act.what)
                    field = "outcome" if act.what == "resolve" else "text"
                    await self.acts.fill(act.who, form, **{field: "We have read it together."})

    async def _desks(self, rep: str) -> list[Reply]:
        """Every case on a rep's list, opened."""
        listed = await self.acts.say(rep, "cases")
        return [await self._begin(rep, "open", number) for number in _numbers(listed)]

    async def _look(self) -> None:
        """The left-out rep tries everything: lists, cases, other people's numbers, rooms, post."""
        listed, desks = await self.acts.say(LEFT_OUT, "cases"), await self._desks(LEFT_OUT)
        for number, desk in zip(_numbers(listed), desks, strict=True):
            self.labels[number] = re.findall(r"This is (.*?):", shown(desk))[0]
        others = set(_numbers(await self.acts.say(OTHERS[0], "cases"))) - set(self.labels)
        overheard = next(iter(others), "CCCCCC")  #: a number that another rep let slip
        for name in ("open", "acknowledge", "reply", "ask", "note", "resolve"):
            self._saw([shown(await self._begin(LEFT_OUT, name, overheard))])
        for name in ("reps", "about", "help", "receipt", "grievance"):
            self._saw([shown(await self.acts.say(LEFT_OUT, name))])
        self._saw(_parts(shown(listed)))
        self._saw([shown(desk) for desk in desks])
        post = self.acts.world.post
        self._saw([_said(card) for whom, card in post.people if whom == LEFT_OUT])
        self._saw([f"{room}: {_said(card)}" for room, card in post.rooms])

    async def _begin(self, who: str, name: str, subject: str) -> Reply:
        return await self.acts.world.bot.door.begin(name, caller(who), subject)

    def _saw(self, words: Sequence[str]) -> None:
        """Kept without the random numbers, and without the order that follows from them."""
        self.seen.append(sorted(NUMBER.sub(self._label, one) for one in words))

    def _label(self, number: re.Match[str]) -> str:
        return self.labels.get(number[0], "some case")


def _numbers(listed: Reply) -> list[str]:
    return [b.subject for card in listed.cards for b in card.buttons if b.name == "open"]


def _said(card: Card) -> str:
    return json.dumps(render.card(Speaker("en", "UTC", "/"), card, whisper=False))


def _parts(listed: str) -> list[str]:
    """A list in its parts: cases due together come in the order of their random numbers."""
    (card,), _, _ = json.loads(listed)
    parts = [*card.pop("fields"), *card.pop("buttons"), card]
    return [json.dumps(one).replace('"primary"', '"plain"') for one in parts]


async def seen_in(
    root: Path, acts: Sequence[Act], who: str, *, hidden_too: bool, post: KeptPost | None = None
) -> list[list[str]]:
    """All that the rep on duty sees of a history; ``who``: the name that hidden cases leave out."""
    async with new_world(folders(root), post=post) as world:
        town = Town(Acts(world), await Acts(world).staff(who))
        for act in acts:
            await town.happen(act, hidden_too=hidden_too)
        assert world.log.lines == [one for one in world.log.lines if one[0] is Noted.SLOT]
    return town.seen


@pytest.mark.parametrize("seed", range(scaled(200, least=8)))
async def test_a_left_out_rep_sees_the_world_without_the_case(seed: int, tmp_path: Path) -> None:
    acts = history(seed)
    there = await seen_in(tmp_path / "there", acts, "Ines Moreau", hidden_too=True)
    without = await seen_in(tmp_path / "without", acts, "Ines Moreau", hidden_too=False)
    assert there == without
    assert any("This is shown 0" in word for look in there for word in look)


# The control ------------------------------------------------------------------------------------


async def test_a_case_that_leaves_out_somebody_else_is_seen(tmp_path: Path) -> None:
    acts = history(0)
    there = await seen_in(tmp_path / "there", acts, "Karim Benali", hidden_too=True)
    without = await seen_in(tmp_path / "without", acts, "Karim Benali", hidden_too=False)
    assert there != without


@dataclass
class CountingPost(KeptPost):
    """What must not be: a fixed notice that tells how many cases there are, hidden ones too."""

    database: Path = Path()

    async def to_room(self, space: str, room: str, card: Card, community: Community) -> None:
        with closing(sqlite3.connect(self.database, timeout=10)) as database:
            (n,) = database.execute("SELECT count(*) FROM cases").fetchone()
        counted = replace(card, lines=(*card.lines, line("cases.some", n=n, shown=n)))
        await super().to_room(space, room, counted, community)


async def test_a_notice_that_counts_hidden_cases_is_noticed(tmp_path: Path) -> None:
    views = []
    for hidden_too in (True, False):
        root = tmp_path / str(hidden_too)
        post = CountingPost(database=root / "data" / "groundswell.db")
        views.append(
            await seen_in(root, history(0), "Ines Moreau", hidden_too=hidden_too, post=post)
        )
    there, without = views
    assert there != without
