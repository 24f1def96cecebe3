"""Two communities of one installation, each with everything a community can have.

Whatever anybody is shown in a town is kept beside it: what a crawler of the other one tries. All
that is peculiar to a town has its word in it.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

from adapters.sandbox import people
from bot.chat import Button, Caller, Card, Reply, about
from bot.commands.communities.staff import role_card
from bot.domain.communities import (
    CATEGORIES,
    Account,
    Community,
    Policy,
    Role,
    RoomKind,
    Rota,
    Words,
)
from bot.ports import Membership
from bot.settings import at
from bot.wiring import groundswell
from tests.fakes.acts import RECEIPT, button, names, receipt_in, shown
from tests.fakes.at_once import at_once
from tests.fakes.world import (
    MONDAY,
    US,
    CountedChance,
    HandClock,
    KeptCharts,
    KeptLog,
    KeptPost,
    World,
    new_world,
)
from tests.proofs.scale import scaled

BOTH_REP, BOTH_WORKER = "both-rep", "both-worker"  #: of either town
_HASH = re.compile(r"\b[0-9a-f]{64}\b")  #: of the audit chain
_KINDS = re.compile(r"[a-z2-7]{26}|[0-9a-f]{16,64}|[0-9A-Z]{6}")  #: tokens, ids, cases' numbers
VOTERS = 10  #: so many that comments are shown


@dataclass
class Towns(KeptPost):
    """The platform: it tells who is a member where by the first word of an account. ``to``: whose
    community each thing was said for."""

    said: list[tuple[str, Card]] = field(default_factory=list)

    async def to_person(self, address: str, card: Card, community: Community, id: str) -> None:
        self.said.append((community.name, card))
        await super().to_person(address, card, community, id)

    async def to_room(
        self, space: str, room: str, card: Card, community: Community, id: str
    ) -> None:
        self.said.append((community.name, card))
        await super().to_room(space, room, card, community, id)

    async def membership(self, space: str, account: str) -> tuple[Membership, datetime | None]:
        theirs = account.partition("-")[0] in (space.partition("-")[0], "both")
        return (Membership.MEMBER, people.JOINED) if theirs else (Membership.STRANGER, None)


@dataclass
class Town:
    """One community as its people act in it. ``seen``: every button and form that anybody was
    shown, by the command that it means; ``codes``: what nobody but its drawer was shown."""

    word: str
    members: int
    id: str = ""
    seen: dict[str, list[str]] = field(default_factory=dict)
    receipts: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    joins: str = ""  #: the moderator's code: it is meant to be typed in a place of nobody
    kept: int = 0  #: of what was said unasked, how much was looked through

    @property
    def space(self) -> str:
        return f"{self.word}-town"

    @property
    def code(self) -> str:
        return f"{self.word.upper()}CODE"

    def name(self, what: str) -> str:
        return f"{self.word.title()} {what}"

    def who(self, name: str) -> str:
        return name if name.startswith("both") else f"{self.word}-{name}"

    def at(self, name: str, room: str = "") -> Caller:
        return Caller(people.PLATFORM, self.space, self.who(name), None, people.JOINED, room)

    def community(self) -> Community:
        """The seeded one with other people, places, words and figures; under ids of its own, so
        that what is in the order of ids is in the same order in every world."""
        chance = CountedChance(self.word)
        made = people.community(lambda: chance.bytes(16).hex(), self.code, MONDAY)
        staff = []
        for known in made.staff:
            first = known.name.partition(" ")[0].lower()
            accounts = (Account(people.PLATFORM, self.who(first)),)
            staff.append(replace(known, name=self.name(first), accounts=accounts))
        rep = next(one for one in staff if Role.REP in one.roles)
        accounts = (Account(people.PLATFORM, BOTH_REP),)
        id = type(rep.id)(chance.bytes(16).hex())
        staff.append(replace(rep, id=id, name=self.name("both"), accounts=accounts))
        rooms = {kind: f"{self.word}-{kind.value}" for kind in RoomKind}
        space = replace(made.spaces[0], address=self.space, name=self.name("Town"), rooms=rooms)
        self.id, self.ids = made.id, [made.id, space.id, *(one.id for one in staff)]
        return replace(
            made,
            name=self.name("Workers"),
            staff=tuple(staff),
            spaces=(space,),
            members=self.members,
            categories=(*CATEGORIES[:3], self.name("shifts")),
            policy=Policy(made.policy.steps, self.name("Law Centre")),
            rota=Rota((staff[0].id,)),
            words=Words(organiser=self.name("scribe")),
        )

    @property
    def secrets(self) -> list[str]:
        """Every token, receipt, number, code and id of the town."""
        found = [one for them in self.seen.values() for one in them]
        parts = [part for one in found for part in _KINDS.findall(one)]
        return list(dict.fromkeys([*parts, *self.receipts, *self.codes, *self.ids]))

    def keep(self, reply: Reply) -> Reply:
        """Look a reply through for all that a crawler could use."""
        for button_ in (b for card in reply.cards for b in card.buttons):
            self._found(button_)
        if reply.form is not None:
            self._found(Button(reply.form.name, reply.form.subject))
        said = shown(reply)
        self.receipts += [one for one in RECEIPT.findall(said) if one not in self.receipts]
        self.ids += [one for one in _HASH.findall(said) if one not in self.ids]
        return reply

    def hear(self, world: World) -> None:
        """Likewise what was said unasked."""
        assert isinstance(world.post, Towns)
        for name, card in world.post.said[self.kept :]:
            if name == self.name("Workers"):
                self.keep(Reply((card,)))
        self.kept = len(world.post.said)

    def _found(self, one: Button) -> None:
        subjects = self.seen.setdefault(one.name, [])
        if one.subject and one.subject not in subjects:
            subjects.append(one.subject)
        if one.name == "confirm":
            self._found(Button(*about(one.subject)))


@dataclass
class Living:
    """A town's people, in a world."""

    world: World
    town: Town

    async def say(self, who: str, command: str, words: str = "") -> Reply:
        return await self.begin(self.town.at(who), command, words=words)

    async def press(self, who: str, reply: Reply, name: str) -> Reply:
        assert name in names(reply), (name, shown(reply))
        one = button(reply, name)
        return await self.begin(self.town.at(who), one.name, one.subject)

    async def fill(self, who: str, reply: Reply, **answers: str | list[str]) -> Reply:
        assert reply.form is not None, reply.cards
        form, given = reply.form, dict[str, Any](answers)
        door = self.world.bot.door
        done = await door.submit(form.name, self.town.at(who), form.subject, given)
        return self.town.keep(done)

    async def begin(
        self, at: Caller, name: str, subject: str = "", *, words: str | None = None
    ) -> Reply:
        return self.town.keep(await self.world.bot.door.begin(name, at, subject, words=words))

    async def preview(self, who: str) -> Reply:
        story = f"{self.town.name('story')}: the pager never stops and nobody sleeps."
        about_ = self.town.name("shifts")
        answers = {"category": about_, "spread": "team", "impact": "4", "story": story}
        form = await self.press(who, await self.say(who, "grievance"), "continue")
        return await self.fill(who, form, **answers)

    async def file(self, who: str, how: str = "send") -> str:
        return receipt_in(await self.press(who, await self.preview(who), how))

    async def visit(self, who: str, receipt: str) -> Reply:
        return await self.fill(who, await self.say(who, "receipt"), receipt=receipt)

    async def write(self, rep: str, desk: Reply, what: str, field_: str = "text") -> Reply:
        form = await self.press(rep, desk, what)
        return await self.fill(rep, form, **{field_: f"{self.town.name(what)}: we have read it."})

    async def poll(self, days: str, comment: str) -> Reply:
        asked = {"question": self.town.name("question"), "kind": "yes_no", "options": ""}
        form = await self.say("ruth", "poll", "new")
        return await self.fill("ruth", form, **asked, days=days, comment=comment)

    # Three times of a life --------------------------------------------------------------------

    async def first(self) -> None:
        """Before the first slot: cases of every kind, a poll that will close, a pulse."""
        cases = {who: await self.file(who) for who in ("w0", "w1", "w2", "w3", BOTH_WORKER)}
        self.cases = cases | {"w4": await self.file("w4", "send_urgent")}
        await self.confirm("w3", await self.visit("w3", cases["w3"]), "withdraw")
        opened = await self.press("ruth", await self.poll("1", "yes"), "confirm")
        assert "close_poll" in names(opened), opened
        for n in range(VOTERS):
            form = await self.say(f"w{n}", "pulse")
            comment = f"{self.town.name('comment')} number {n} is that evenings are long"
            held = await self.fill(f"w{n}", form, q1="yes", comment=comment)
            await self.fill(f"w{n}", held, q1="yes", comment=comment)  # a name in it: it is meant
        form = await self.say("ruth", "poll", "pulse")
        planned = {"every": "weekly", "days": "3", "start": "", "comment": "no"}
        await self.fill("ruth", form, bank=["stay"], **planned)

    async def second(self) -> None:
        """After it: what staff do with them."""
        for what, act in (("reply", "resolve"), ("ask", "acknowledge"), ("note", "close")):
            listed = await self.say("ines", "cases")
            desk = await self.begin(self.town.at("ines"), "open", button(listed, "open").subject)
            await self.write("ines", desk, what)
            if act == "resolve":
                await self.write("ines", desk, act, "outcome")
            elif act == "close":
                await self.confirm("ines", desk, act)
            else:
                await self.press("ines", desk, act)
        desk = await self.press("karim", await self.say("karim", "cases"), "open")
        await self.write("karim", desk, "bring_in", "note")
        await self.write("karim", desk, "hand_over", "note")
        form = await self.press("ruth", await self.say("ruth", "digest"), "set")
        hour = str(ord(self.town.word[0]) % 24)  # another than the other town has
        when = {"day": "monday", "hour": hour, "zone": "UTC", "language": "en"}
        where = f"{self.town.word}@union.example"
        await self.fill("ruth", form, **when, addresses=where)

    async def last(self) -> None:
        """Right before the clock stops: all that lasts for half an hour, and what waits."""
        which = await self.say("ruth", "poll", "results")
        for one in which.cards[0].buttons:
            results = await self.begin(self.town.at("ruth"), "results", one.subject)
            if "comments" in names(results):
                break
        await self.press("ruth", results, "export_results")
        await self.press("ruth", results, "comments")
        await self.write("ruth", results, "poll_outcome", "outcome")
        await self.press("ruth", await self.poll("7", "yes"), "confirm")
        await self.poll("5", "no")  # as far as its preview
        await self.say("ruth", "poll", "list")
        await self.say("w0", "pulse")
        await self.file("w5")  # waits
        await self.press("w6", await self.preview("w6"), "edit")
        view = await self.visit("w0", self.cases["w0"])
        for name in ("export", "exclude", "message"):
            form = await self.press("w0", view, name)
        await self.fill("w0", form, text=f"Write to {self.town.word}@home.example, please.")
        for who, receipt in self.cases.items():
            await self.visit(who, receipt)
        shift = {"from": "2026-07-06", "until": "2026-07-08"}
        duty = await self.say("ines", "duty")
        await self.fill("ines", await self.press("ines", duty, "offer"), **shift)
        away = {"from": "2026-08-06", "until": "2026-08-08"}
        await self.fill("ines", await self.press("ines", duty, "away"), **away)
        for rep in ("ines", "karim"):
            await self.press(rep, await self.say(rep, "cases"), "open")
            await self.say(rep, "duty")
        await self.press("ines", await self.say("ines", "about"), "audit")
        await self._set_up()

    async def _set_up(self) -> None:
        town, bot = self.town, self.world.bot
        rest = await self.begin(town.at("oskar"), "setup_rest")
        for one in names(rest):
            await self.press("oskar", rest, one)
        form = await self.press("oskar", rest, "setup_outside")
        await self.fill("oskar", form, body=town.name("other body"))  # waits for another moderator
        for who in ("oskar", "leila"):
            for name in (
                "setup",
                "setup_changes",
                "setup_first",
                "staff",
                "end_role",
                "unlink",
                "approve",
            ):
                await self.begin(town.at(who, f"{town.word}-general"), name)
        here = await bot.meeting.meet(town.at("oskar"))
        account = Account(people.PLATFORM, town.who("w7"))
        offer = await bot.roles.offer(here.community, town.name("offer"), Role.REP, for_=account)
        town.keep(Reply((role_card(offer),)))
        for who in ("w8", "oskar"):
            drawn = (
                await self.say(who, "setup", "link")
                if who == "oskar"
                else await self.begin(town.at(who), "link")
            )
            town.codes.append(str(drawn.cards[0].fields[0].value))
        town.joins = town.codes[-1]
        town.codes.append((await bot.founding.code(7, here.community.id)).code)
        town.codes.append(town.code)
        town.ids += [here.community.spaces[0].id]

    async def confirm(self, who: str, reply: Reply, name: str) -> Reply:
        return await self.press(who, await self.press(who, reply, name), "confirm")


A_TOWN, B_TOWN = ("zimtstern", 471), ("quitte", 30)


@dataclass
class Frozen:
    """A world that stands still: its files, the hour, and what each town was shown."""

    root: Path
    at: datetime
    towns: dict[str, Town]


async def frozen(root: Path, *founded: tuple[str, int]) -> Frozen:
    """A world of these towns, after all that happens in each."""
    post, towns = Towns(), [Town(*one) for one in founded]
    first, *others = towns

    where = at(root / "data", root / "keys")
    async with new_world(where, post=post, change=lambda _: first.community()) as world:
        for town in others:
            await world.bot.communities.found(town.community())
        living = [Living(world, town) for town in towns]
        for one in living:
            await one.first()
        await world.live(hours=2)
        for one in living:
            await one.second()
        await world.live(days=scaled(7, 2), hours=1)
        for one in living:
            await one.last()
        await world.bot.tick()
        for town in towns:
            town.hear(world)
        when = world.clock.now()
    return Frozen(root, when, {town.word: town for town in towns})


@asynccontextmanager
async def thawed(frozen: Frozen, root: Path) -> AsyncIterator[World]:
    """A copy of a frozen world, in ``root``, with a process of its own; its clock stands."""
    copytree(frozen.root, root)
    clock, log, charts = HandClock(frozen.at), KeptLog(), KeptCharts()
    post, chance = Towns(clock=clock), CountedChance("thawed")
    where = at(root / "data", root / "keys")
    with at_once():
        posts = {people.PLATFORM: post}
        async with groundswell(
            where, US, posts, clock, chance, log, room_delay=timedelta(0), charts=charts
        ) as bot:
            yield World(bot, where, clock, chance, log, post, charts)
