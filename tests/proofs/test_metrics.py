"""Metrics: whoever scrapes them learns nothing of what a worker does before its slot, nor when.

Shows: between two slots, after each act that a worker can do (grievances as far as the receipt, all
of a receipt's view, answers to a poll, questions, refusals) and the tick after it, ``/metrics`` and
``/readyz`` are the same bytes, also while some figure is not 0.
Does not show: how long an answer takes, or what the machine itself tells of its processor and network.
Controls: a figure that counts what waits, or a counter of answers, is found by the first act that
moves it; what the clock owes shows in the same comparison.
"""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from adapters.web import application
from bot.chat import Caller, Reply
from bot.domain.communities import Role
from bot.ports import Figure, Health
from tests.fakes.acts import Acts, names, receipt_in
from tests.fakes.voting import opened_poll
from tests.fakes.world import World, folders, new_world

WORKER, OTHER = "noor-haddad", "jun-takahashi"
ALONE = Caller("sandbox", "", WORKER)
#: What a worker is offered, and is a worker no more; and what is for whoever sets a place up.
NOT_A_WORKERS = {"accept", "decline", "claim", "link", "setup"}
#: Shown where the first act of somebody in two communities does not say which is meant.
IN_TWO = {"look"}

Ask = Callable[[], Awaitable[Health]]
Scraped = tuple[str, str]


@dataclass
class Watched(Acts):
    """People whose every act is followed by a tick and a scrape. ``moved``: acts after which the
    scrape was another than before; ``done``: every command that was used."""

    scrape: Callable[[], Awaitable[Scraped]] | None = None
    moved: list[str] = field(default_factory=list)
    done: set[str] = field(default_factory=set)
    last: Scraped | None = None

    async def say(self, who: str, command: str, words: str = "") -> Reply:
        return await self.after(command, super().say(who, command, words))

    async def press(self, who: str, reply: Reply, name: str) -> Reply:
        return await self.after(name, super().press(who, reply, name))

    async def fill(self, who: str, reply: Reply, **answers: str | list[str]) -> Reply:
        assert reply.form is not None
        return await self.after(reply.form.name, super().fill(who, reply, **answers))

    async def after(self, name: str, act: Awaitable[Reply]) -> Reply:
        assert self.scrape is not None
        before = self.last or await self.scrape()
        reply = await act
        await self.world.tick()
        self.last = await self.scrape()
        self.done.add(name)
        if self.last != before:
            self.moved.append(name)
        return reply


@asynccontextmanager
async def watched(world: World, ask: Ask) -> AsyncIterator[Watched]:
    async with TestServer(application(ask)) as server, ClientSession() as client:

        async def scrape() -> Scraped:
            pages = [await client.get(server.make_url(one)) for one in ("/metrics", "/readyz")]
            return await pages[0].text(), await pages[1].text()

        yield Watched(world, scrape=scrape)


def health_of(world: World) -> Ask:
    async def ask() -> Health:
        return await world.bot.status.health({"sandbox": world.post.connected()})

    return ask


@asynccontextmanager
async def town(folder: Path) -> AsyncIterator[tuple[World, str, str]]:
    """Two released cases of the worker's, a poll that is open, and a slot that was missed, so that
    not every figure is 0. Gives the world, a receipt, and the poll."""
    async with new_world(folders(folder)) as world:
        acts = Acts(world)
        await acts.file(WORKER)
        receipt = await acts.file(WORKER, category="pay")
        await world.slot()
        dues = await world.bot.communities.coming()
        world.clock.at = next(d.at for d in dues if d.what == "slot") + timedelta(hours=2)
        await world.tick()
        poll = await opened_poll(acts, days=3)
        await world.tick()
        yield world, receipt, poll


async def everything(acts: Watched, receipt: str, poll: str) -> None:
    """All that a worker can do."""
    door = acts.world.bot.door
    for asked in ("about", "help", "reps"):
        await acts.say(WORKER, asked)
    # A grievance: its ways out, its way on.
    await acts.press(WORKER, await acts.say(WORKER, "grievance"), "elsewhere")
    await acts.press(WORKER, await acts.preview(WORKER), "cancel")
    edited = await acts.press(WORKER, await acts.preview(WORKER), "edit")
    again = {"category": "pay", "spread": "me", "impact": "2", "story": "Nights are not paid."}
    sent = await acts.press(WORKER, await acts.fill(WORKER, edited, **again), "send")
    await acts.press(WORKER, await acts.press(WORKER, sent, "show_again"), "saved")
    refused = await acts.preview(WORKER, story="")
    assert refused.form is not None
    assert refused.form.errors
    # Another's, which cannot wait; and does after all.
    urgent = receipt_in(await acts.press(OTHER, await acts.preview(OTHER), "send_urgent"))
    view = await acts.visit(OTHER, urgent)
    if "not_urgent" in names(view):
        await acts.press(OTHER, view, "not_urgent")
    # Back with a receipt.
    await acts.visit(WORKER, "0000000-0000000-0000000")
    view = await acts.visit(WORKER, receipt)
    await acts.press(WORKER, view, "export")
    await acts.write(WORKER, view, "It is getting worse from week to week.")
    form = await acts.press(WORKER, view, "exclude")
    await acts.fill(WORKER, form, exclude=[await acts.staff("Karim Benali")])
    await acts.confirm(WORKER, await acts.visit(WORKER, receipt), "withdraw")
    await acts.confirm(WORKER, await acts.visit(WORKER, urgent), "delete")
    # What a button of another's view, or none, would do.
    for name in ("agree", "escalate"):
        await acts.after(name, door.begin(name, acts.world.whence(WORKER), "of-nobody"))
    # A poll, answered and answered again; and alone with the bot, which asks where one belongs.
    for answer in ("o1", "o2", "nothing"):
        acted = door.submit("pulse", acts.world.whence(WORKER), poll, {"q1": answer})
        await acts.after("pulse", acted)
    await acts.after("answer", door.begin("answer", acts.world.whence(OTHER), poll))
    asked = await acts.after("community", door.begin("about", ALONE))
    assert asked.form is not None
    await acts.after("community", door.submit("community", ALONE, "about", {"code": "wrong"}))


async def test_no_act_of_a_worker_moves_what_is_scraped(tmp_path: Path) -> None:
    async with (
        town(tmp_path / "town") as (world, receipt, poll),
        watched(world, health_of(world)) as acts,
    ):
        assert acts.scrape is not None
        before = await acts.scrape()
        assert 'groundswell_to_look_at{what="missed"} 1.0' in before[0]
        await everything(acts, receipt, poll)
        assert acts.moved == []
        assert await acts.scrape() == before
        theirs = {one.name for one in world.bot.door.commands if Role.WORKER in one.roles}
        assert theirs - acts.done == NOT_A_WORKERS | IN_TWO, "whoever adds a command acts it out"


def counting(world: World, count: Callable[[], Awaitable[int]]) -> Ask:
    """As the bot is asked, with one figure that also counts something else."""
    honest = health_of(world)

    async def ask() -> Health:
        health = await honest()
        assert health.figures is not None
        figures: Mapping[Figure, int] = dict(health.figures) | {
            Figure.LATE: health.figures[Figure.LATE] + await count()
        }
        return Health(health.database, health.keys, health.platforms, figures)

    return ask


async def test_a_figure_of_what_waits_would_be_found(tmp_path: Path) -> None:
    async with town(tmp_path / "town") as (world, _, _):

        async def waiting() -> int:
            line = sqlite3.connect(world.where.data / "groundswell.db")
            try:
                (count,) = line.execute("SELECT count(*) FROM waiting").fetchone()
            finally:
                line.close()
            return int(count)

        async with watched(world, counting(world, waiting)) as acts:
            await acts.say(WORKER, "about")
            await acts.press(WORKER, await acts.preview(WORKER), "cancel")
            assert acts.moved == []
            await acts.file(WORKER)
            assert acts.moved == ["send"]


async def test_a_counter_of_answers_would_be_found_by_the_first_act(tmp_path: Path) -> None:
    async with town(tmp_path / "town") as (world, _, _):
        answered = [0]

        async def count() -> int:
            return answered[0]

        async with watched(world, counting(world, count)) as acts:

            async def counted(act: Awaitable[Reply]) -> Reply:
                answered[0] += 1
                return await act

            await acts.after("help", counted(Acts.say(acts, WORKER, "help")))
            assert acts.moved == ["help"]


async def test_what_the_clock_owes_is_seen_in_the_same_comparison(tmp_path: Path) -> None:
    async with town(tmp_path / "town") as (world, _, _), watched(world, health_of(world)) as acts:
        assert acts.scrape is not None
        before = await acts.scrape()
        dues = await world.bot.communities.coming()
        world.clock.at = next(d.at for d in dues if d.what == "slot") + timedelta(minutes=6)
        assert await acts.scrape() != before
