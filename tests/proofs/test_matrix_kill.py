"""Kill, on Matrix: whenever the program dies, what was said to it is answered, once, and done once.

Shows: 30 SIGKILLs at any moment (a tenth in CI) of the real program on a real homeserver, and one
at each named point between hearing, doing and answering: every message has its answer and none has
a second one, a receipt that was shown as sent opens its case, a note is there once; and all that
was written while it was down is answered. Does not show: power lost under a disk; a homeserver that
forgets transaction ids. Control: where the homeserver cannot tell a repeated answer by its id it
comes twice; where a token is remembered before what came with it is handled, that is lost; planted
histories are caught.
"""

import asyncio
import random
import secrets
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from adapters.chance import SystemChance
from adapters.vault import FileVault, read_key_files
from bot.chat import Reply
from bot.settings import Where
from bot.wiring import Bot
from tests.fakes.acts import RECEIPT, REPS, STORY, shown
from tests.fakes.installed import Running, settings_in
from tests.fakes.matrix_host import Host, host_of
from tests.fakes.matrix_installed import Installed, alone, born, installed_on, section, until
from tests.fakes.matrix_people import Crowd, crowd_on
from tests.fakes.nursery import Nursery, nursery
from tests.fakes.reaper import POINTS, Reaper
from tests.fakes.synapse import Synapse
from tests.fakes.world import CODE, caller
from tests.proofs.figures import tell
from tests.proofs.scale import SCALE, scaled

ANY_MOMENT = ""
LIVES = [*POINTS, *[ANY_MOMENT] * scaled(30, 3)]
WHILE_DOWN = scaled(100, 10)
SENT = "Sent. Keep this receipt"
ASKED = "“send” sends it"  #: before a note is sent


@dataclass
class Deed:
    """What was under way when it died: a filing, or a note. ``sure``: whether its writer was told that
    it is done; ``there``: how often it is."""

    point: str
    receipt: str = ""
    note: str = ""
    sure: bool = False
    there: int = 0


@dataclass
class History:
    """``answers``: for each thing that was said, in how many messages it was answered; ``plain``:
    of those the ones that have one message for an answer; ``unasked``: messages to a worker that
    answer nothing."""

    answers: dict[str, int] = field(default_factory=dict)
    plain: frozenset[str] = frozenset()
    unasked: int = 0
    deeds: list[Deed] = field(default_factory=list)


def faults(history: History) -> list[str]:
    """What must never be."""
    found = [f"{one} was not answered" for one, n in history.answers.items() if not n]
    found += [f"{one} was answered twice" for one in history.plain if history.answers[one] > 1]
    found += ["an answer came twice"] * history.unasked
    for deed in history.deeds:
        if deed.there > 1:
            found.append(f"{deed} happened twice")
        if deed.sure and not deed.there:
            found.append(f"{deed} was said to be done, and was not")
    return found


@pytest.mark.parametrize(
    "planted",
    [
        History({"$1": 0}),
        History({"$1": 2}, frozenset({"$1"})),
        History({"$1": 1}, unasked=1),
        History(deeds=[Deed("says", note="1", sure=True, there=0)]),
        History(deeds=[Deed("says", note="1", sure=False, there=2)]),
    ],
)
def test_a_planted_fault_is_caught(planted: History) -> None:
    assert faults(planted) != []


def test_what_should_be_is_no_fault() -> None:
    lost, kept = Deed("looks", note="1"), Deed("taken", note="2", sure=True, there=1)
    told = History({"$1": 1, "$2": 3}, frozenset({"$1"}), deeds=[lost, kept])
    assert faults(told) == []


@pytest.mark.xdist_group("synapse")
async def test_whenever_it_dies_all_is_answered_once_and_done_once(
    synapse: Synapse, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    async with killing(synapse) as (host, crowd, where):
        installed = await installed_on(synapse, crowd, tmp_path, host.url, filed=True)
        town = Town(installed, where, Reaper(host))
        await town.meets()
        for point in LIVES:
            await town.lives(point)
        plain = await town.writes_while_it_is_down()
        history = await town.settles()
    history.plain |= plain
    tell(
        request,
        f"{len(LIVES)} kills on Matrix: {len(history.answers)} messages, "
        f"{sum(deed.there for deed in history.deeds)} of {len(history.deeds)} deeds done, "
        f"{sum(deed.sure for deed in history.deeds)} told so",
    )
    assert faults(history) == []
    at = {(deed.point, deed.there) for deed in history.deeds if deed.point}
    assert at == {(point, int(point not in ("told", "looks"))) for point in POINTS}
    assert any(deed.sure for deed in history.deeds)


@pytest.mark.xdist_group("synapse")
async def test_with_new_ids_answers_would_come_twice_and_with_early_tokens_not_at_all(
    synapse: Synapse, tmp_path: Path
) -> None:
    def another(path: str) -> str:
        before, sends, _ = path.partition("/send/m.room.encrypted/")
        return before + sends + secrets.token_hex(16) if sends else path

    async with killing(synapse) as (host, crowd, where):
        host.asks, reaper, bot = another, Reaper(host), synapse.account("bot")
        config = settings_in(tmp_path, platform=section(host.url, bot))
        running = await born(where, config)
        worker = await alone(await crowd.comes(), synapse, bot)
        reaper.waits(running, worker.room, "taken")
        await worker.says("one word")
        await reaper.has_come()
        running = await born(where, config, hasty=True)
        await until(lambda: len(synapse.said_by(bot)) == 3)  # hello, and twice the same

        host.asks = lambda path: path
        reaper.waits(running, worker.room, "looks")
        await worker.says("a lost word")
        await reaper.has_come()
        running = await born(where, config)
        await worker.says("a last word")
        await until(lambda: worker.answers()[worker.said[-1]])
        assert worker.answers()[worker.said[-2]] == 0
        running.kill()


@asynccontextmanager
async def killing(synapse: Synapse) -> AsyncIterator[tuple[Host, Crowd, Nursery]]:
    with nursery() as where:
        async with host_of(synapse.url) as host, crowd_on(synapse) as crowd:
            yield host, crowd, where


@dataclass
class Town:
    """Three who write: one files, one notes, one only asks."""

    installed: Installed
    nursery: Nursery
    reaper: Reaper
    dice: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 when to kill
    deeds: list[Deed] = field(default_factory=list)
    plain: list[str] = field(default_factory=list)
    takes: float = 0.0

    async def meets(self) -> None:
        running = await self.installed.lives(self.nursery)
        self.filer = await self.installed.writer("worker")
        self.rep = await self.installed.writer("rep")
        self.asker = await self.installed.writer("organiser")
        self.writers = (self.filer, self.rep, self.asker)
        began = asyncio.get_running_loop().time()
        await self.asker.asks("word")
        self.takes = asyncio.get_running_loop().time() - began
        running.kill()

    async def lives(self, point: str) -> None:
        """Once more, from its start until it is killed over a deed, while others write."""
        running, number = await self.installed.lives(self.nursery), len(self.deeds)
        await self.all_answered()
        who = self.rep if number % 2 else self.filer
        self.deeds.append(await (self._noting if number % 2 else self._filing)(point, number))
        seconds = self.dice.random() * 3 * self.takes
        self.reaper.waits(running, who.room, point, seconds)
        await asyncio.gather(who.says("send"), self._asked(number))
        await self.reaper.has_come()

    async def _filing(self, point: str, number: int) -> Deed:
        """All but the last word of it."""
        await self.filer.says("!grievance", CODE, "1", "4", "2", "4", STORY, "skip")
        await self.filer.answered()
        await self.filer.person.until(lambda: self.filer.heard[-1].endswith("Send as urgent"))
        (receipt,) = set(RECEIPT.findall(self.filer.heard[-1]))
        return Deed(point, receipt=receipt)

    async def _noting(self, point: str, number: int) -> Deed:
        await self.rep.says("!cases", "1", "note", f"note {number}.")
        await self.rep.answered()
        await self.rep.person.sync()
        return Deed(point, note=f"note {number}.")

    async def _asked(self, number: int) -> None:
        for n in range(3):
            await self.asker.says(f"word {number}.{n}")
            self.plain.append(self.asker.said[-1])

    async def all_answered(self) -> None:
        for one in self.writers:
            await one.answered()
            await one.person.sync()

    async def writes_while_it_is_down(self) -> frozenset[str]:
        for n in range(WHILE_DOWN):
            await self.asker.says(f"while it was down {n}")
        self.plain += self.asker.said[-WHILE_DOWN:]
        return frozenset(self.plain)

    async def settles(self) -> History:
        """It runs once more, until all is answered, and is looked at."""
        running = await self.installed.runs()
        await self.all_answered()
        if SCALE >= 1:  # some seconds; in small tests/platforms/test_matrix_program.py does it
            await self._homeserver_restarts(running)
        await asyncio.to_thread(running.stop)
        async with self.installed.inside() as bot:
            for deed in self.deeds:
                await self._look(bot, deed)
        answers = {event: n for one in self.writers for event, n in one.answers().items()}
        unasked = sum(one.unasked() - 1 for one in (self.filer, self.asker))  # but its hello
        return History(answers, unasked=unasked, deeds=self.deeds)

    async def _homeserver_restarts(self, running: Running) -> None:
        """The bot says that it is not ready, and goes on by itself."""
        synapse = self.installed.synapse
        synapse.go_away()
        await until(lambda: running.ask("/readyz")[0] == 503)
        synapse.come_back()
        await self.asker.says("after the homeserver came back")
        await self.all_answered()
        await until(lambda: running.ask("/readyz")[0] == 200)

    async def _look(self, bot: Bot, deed: Deed) -> None:
        if deed.note:
            desk = shown(await self._desk(bot))
            deed.there = desk.count(deed.note)
            told = (one for one in self.rep.heard if deed.note in one and ASKED not in one)
            deed.sure = any(told)
            return
        opens = await bot.door.submit("receipt", caller("anyone"), "", {"receipt": deed.receipt})
        deed.there = _cases(self.installed.where, deed.receipt) if opens.form is None else 0
        deed.sure = any(SENT in one and deed.receipt in one for one in self.filer.heard)

    async def _desk(self, bot: Bot) -> Reply:
        """The rep's one case, as they see it on another platform."""
        listed = await bot.door.begin("cases", caller(REPS[0]), words="")
        (open_,) = [one for one in listed.cards[0].buttons if one.name == "open"]
        return await bot.door.begin("open", caller(REPS[0]), open_.subject)


def _cases(where: Where, receipt: str) -> int:
    """How many are kept that this receipt opens."""
    vault = FileVault(read_key_files(where.keys), SystemChance())
    lookups = [*vault.waiting_lookups(receipt), *vault.lookups(receipt)]
    count = 0
    file = f"file:{where.data / 'groundswell.db'}?mode=ro"
    with closing(sqlite3.connect(file, uri=True, timeout=10)) as database:
        for table in ("waiting", "cases"):
            kept = database.execute(f"SELECT lookup FROM {table}")
            count += sum(one in lookups for (one,) in kept)
    return count
