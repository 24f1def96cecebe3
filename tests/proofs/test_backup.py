"""Backup: what was kept comes back, equal; what was destroyed since does not, and no poll opens again.

Shows, on SQLite, on PostgreSQL and from the one to the other: a backup made while the bot lives is
restored elsewhere with the same rows in every table, also while people write, answer and delete without
a pause; a case that was deleted after it stays deleted beside the key store of today and with the key
store's next backup; a poll that was open is closed without a result; neither file holds a form half done,
a ballot, a poll's key, a day's, or a redelivery mark; another recipient's secret opens nothing; a key
store's goes after seven days, whether or not anybody makes the next one; a file's size tells neither that
a case was filed nor how long it is. Does not show: a backup of the key store that somebody kept elsewhere
against the rule. Controls: with one from before the deletion, not yet seven days old, the case opens; what
lies in two files of the same size is not as long.
"""

import asyncio
import base64
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.chance import SystemChance
from adapters.strongbox import new_pair
from bot.backup_folder import found
from bot.settings import Backups, CannotStart, Where
from bot.wiring import groundswell
from storage import copying
from storage.copying import LEFT_OUT, snapshot
from storage.engine import open_engine
from storage.schema import Chain
from storage.tables import key_metadata, metadata
from tests.fakes.acts import REPS, Acts, forgotten, receipt_in
from tests.fakes.backed import KEEP, RECIPIENT, backed_up, lines, nothing_in, restored
from tests.fakes.cramped import room
from tests.fakes.postgres import Postgres, installation
from tests.fakes.world import US, HandClock, KeptLog, KeptPost, World, folders, new_world
from tests.proofs.opening import Rows, rows_of, rows_on

KEPT = "Another concern: planning runs into the evening, and parents are left out."
COMMENT = "Kaiserschmarrn: the evenings are long, and so are the weekends."
DRAFT = "Zimtstern: what was typed and not yet sent, about the nights."


@dataclass
class Life:
    """A world in which much lies about, and where its backups go."""

    world: World
    root: Path
    postgres: Postgres | None
    stack: AsyncExitStack
    deleted: str = ""
    kept: str = ""
    waits: str = ""

    @property
    def acts(self) -> Acts:
        return Acts(self.world)

    @property
    def where(self) -> Where:
        return self.world.where

    async def begin(self) -> None:
        acts = self.acts
        self.deleted, self.kept = await acts.file("worker"), await acts.file("other", story=KEPT)
        asked = {"question": "How are the evenings?", "kind": "yes_no", "options": ""}
        form = await acts.say("ruth-adeyemi", "poll", "new")
        preview = await acts.fill("ruth-adeyemi", form, **asked, days="9", comment="yes")
        await acts.press("ruth-adeyemi", preview, "confirm")
        for n in range(3):
            who = f"worker-{n}"
            await acts.fill(who, await acts.say(who, "pulse"), q1="no", comment=COMMENT)
        await self.world.slot()
        desk = await acts.press(REPS[0], await acts.desk(REPS[0]), "acknowledge")
        await acts.fill(REPS[0], await acts.press(REPS[0], desk, "reply"), text="We have read it.")
        self.waits = await acts.file("somebody", story=KEPT)
        await acts.preview("nobody", story=DRAFT)

    async def back_up(self, name: str = "backups") -> list[Path]:
        return await backed_up(self.where, self.root / name, self.world.clock.now())

    async def delete(self) -> None:
        """The first case, by its reporter, before the next slot and at it."""
        await self.acts.confirm("worker", await self.acts.visit("worker", self.deleted), "delete")
        await self.world.slot()

    async def elsewhere(self, name: str, like: Where | None = None) -> Where:
        """An empty installation with these key files, on the same kind of database; ``like``: with the
        key store of that one."""
        new = folders(self.root / name)
        new.data.mkdir(parents=True)
        new.keys.mkdir(mode=0o700)
        for file in self.where.keys.glob("*.key"):
            shutil.copy(file, new.keys)
        if self.postgres is not None:
            made = [await self.stack.enter_async_context(self.postgres.database()) for _ in "ab"]
            new = Where(new.data, new.keys, *made)
        if like is not None and self.postgres is None:
            for file in like.keys.glob("keys.db*"):
                shutil.copy(file, new.keys)
        return Where(new.data, new.keys, new.database, like.key_store) if like else new

    async def restore(self, new: Where, name: str = "backups", **later: float) -> Any:
        return await restored(new, self.root / name, self.world.clock.now() + timedelta(**later))

    async def opens(self, where: Where, *receipts: str) -> list[bool]:
        """Whether the bot itself, started there, opens the cases."""
        clock, chance, log = HandClock(self.world.clock.now()), SystemChance(), KeptLog()
        post = KeptPost()
        post.clock = clock
        none = timedelta(0)
        async with groundswell(
            where, US, {"sandbox": post}, clock, chance, log, room_delay=none
        ) as bot:
            acts = Acts(World(bot, where, clock, chance, log, post))
            return [not forgotten(await acts.visit("someone", one)) for one in receipts]


@dataclass
class Load:
    """People who write and answer without a pause, on PostgreSQL at two processes. ``receipts``: of all
    that was acknowledged."""

    receipts: list[str] = field(default_factory=list)
    _over: bool = False
    _done: asyncio.Condition = field(default_factory=asyncio.Condition)
    _count: int = 0

    async def further(self, acts: int) -> None:
        """So many more have been acknowledged."""
        async with self._done:
            until = self._count + acts
            await self._done.wait_for(lambda: self._count >= until)

    async def write(self, name: str, acts: Acts) -> None:
        for n in count():
            preview = await acts.preview(f"{name} {n}", story=KEPT)
            sent = await acts.press(f"{name} {n}", preview, "send")
            if "refused.draft_gone" not in [line.key for line in sent.cards[0].lines]:
                self.receipts.append(receipt_in(sent))  # else the clock went on to a slot meanwhile
            if await self._is_over():
                return

    async def answer(self, name: str, acts: Acts) -> None:
        for n in count():
            who = f"{name} {n}"
            await acts.fill(who, await acts.say(who, "pulse"), q1="no", comment=COMMENT)
            if await self._is_over():
                return

    async def _is_over(self) -> bool:
        async with self._done:
            self._count += 1
            self._done.notify_all()
        return self._over

    def end(self) -> None:
        self._over = True


@asynccontextmanager
async def loaded(life: Life) -> AsyncIterator[Load]:
    load, world = Load(), life.world
    async with AsyncExitStack() as stack:
        every = [life.acts]
        if life.postgres is not None:
            another = groundswell(
                life.where, US, {}, world.clock, SystemChance(), world.log, room_delay=timedelta(0)
            )
            bot = await stack.enter_async_context(another)
            every.append(Acts(replace(world, bot=bot)))
        async with asyncio.TaskGroup() as people:
            for n, acts in enumerate(every):
                people.create_task(load.write(f"writer {n}", acts))
                people.create_task(load.write(f"another writer {n}", acts))
                people.create_task(load.answer(f"member {n}", acts))
            try:
                yield load
            finally:
                load.end()


@asynccontextmanager
async def lived(root: Path, postgres: Postgres | None) -> AsyncIterator[Life]:
    async with AsyncExitStack() as stack:
        where = folders(root / "living")
        if postgres is not None:
            where = await stack.enter_async_context(installation(postgres, root / "living"))
        world = await stack.enter_async_context(new_world(where, chance=SystemChance()))
        made = Life(world, root, postgres, stack)
        await made.begin()
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
async def life(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Life]:
    server = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    async with lived(tmp_path, server) as made:
        yield made


@pytest.fixture
async def little(tmp_path: Path) -> AsyncIterator[Life]:
    """On SQLite, for what no database has a part in."""
    async with lived(tmp_path, None) as made:
        yield made


async def everything(where: Where) -> Rows:
    """Every row of both databases that a backup is to hold."""
    found: Rows = {}
    for url, chain, known in (
        (where.database, Chain.MAIN, metadata),
        (where.key_store, Chain.KEYS, key_metadata),
    ):
        for name, rows in (await rows_of(url, known)).items():
            if name not in LEFT_OUT[chain]:
                found[f"{chain.value}.{name}"] = rows
    return found


async def both(where: Where) -> dict[str, Rows]:
    """By their addresses, all rows."""
    return {
        where.database: await rows_of(where.database),
        where.key_store: await rows_of(where.key_store, key_metadata),
    }


def as_left(found: dict[str, Rows], where: Where) -> Rows:
    """What a backup of these rows is to hold, and a restore to leave: without cases whose keys were
    destroyed by the later of the two moments."""
    main, keys = found[where.database], found[where.key_store]
    buried = {row["id"] for row in keys["tombstones"]}
    gone = {row["id"] for row in main["cases"] if row["key"] in buried}
    left: Rows = {
        f"keys.{name}": rows for name, rows in keys.items() if name not in LEFT_OUT[Chain.KEYS]
    }
    for name, rows in main.items():
        if name not in LEFT_OUT[Chain.MAIN]:
            left[f"main.{name}"] = [
                row for row in rows if row.get("key") not in buried and row.get("case") not in gone
            ]
    return left


async def still_new(where: Where) -> bool:
    return await nothing_in(where.database) and await nothing_in(where.key_store)


def but_for_what_passed(found: Rows) -> Rows:
    """Without when polls close, and how far the digests have come: that is meant to be otherwise."""
    polls = [{**row, "closes": None} for row in found["main.polls"]]
    moved = dict.fromkeys(("due", "done", "since", "carried"))
    digests = [{**row, **moved} for row in found["main.digests"]]
    return {**found, "main.polls": polls, "main.digests": digests}


async def holds_nothing_that_is_to_be_in_no_copy(where: Where, database: Path, keys: Path) -> None:
    for file, chain in ((database, Chain.MAIN), (keys, Chain.KEYS)):
        head, *rows, end = lines(file, where.keys)
        assert set(head["tables"]).isdisjoint(LEFT_OUT[chain])
        assert {row[0] for row in rows} == {name for name, count in end["rows"].items() if count}
    kept = await rows_of(where.key_store, key_metadata)
    left = [row for name in ("drafts", "poll_keys") for row in kept[name]]
    left += (await rows_of(where.database))["ballots"]
    assert len(left) > 4
    told = str([*lines(database, where.keys), *lines(keys, where.keys)])
    for row in left:
        secret = row.get("wrapped") or row["sealed"]
        assert base64.b64encode(secret).decode() not in told
    assert all(base64.b64encode(row["wrapped"]).decode() in told for row in kept["case_keys"])
    raw = database.read_bytes() + keys.read_bytes()
    assert b"Harbour" not in raw


async def test_it_comes_back_equal_elsewhere_and_on_the_other_database_too(
    life: Life, postgres: Postgres
) -> None:
    before, (database, keys) = await everything(life.where), await life.back_up()
    assert {name for name, rows in before.items() if rows} >= {
        *(f"main.{one}" for one in ("cases", "entries", "waiting", "staff", "accounts", "polls")),
        *(f"keys.{one}" for one in ("case_keys", "community_keys", "homes")),
    }
    with pytest.raises(CannotStart, match="There is something in the database already"):
        await life.restore(life.where)
    assert await everything(life.where) == before
    await holds_nothing_that_is_to_be_in_no_copy(life.where, database, keys)
    same = await life.elsewhere("same")
    life.postgres = None if life.postgres else postgres
    for new in (same, await life.elsewhere("other")):
        done = await life.restore(new)
        assert but_for_what_passed(await everything(new)) == but_for_what_passed(before)
        assert sum(done.rows.values()) == sum(len(r) for n, r in before.items() if n[:4] == "main")
        assert done.opened > 10
        assert await life.opens(new, life.deleted, life.kept, life.waits) == [True] * 3


async def test_what_was_deleted_since_stays_deleted(life: Life) -> None:
    """Beside the key store of today; with its next backup; and, for 7 days, not with the last one."""
    await life.back_up("old")
    await life.delete()
    beside = await life.elsewhere("beside", like=life.where)
    done = await life.restore(beside, "old")
    assert (done.obeyed.cases, done.obeyed.communities) == (1, 0)
    assert await life.opens(beside, life.deleted, life.kept) == [False, True]
    life.world.clock.move(timedelta(days=1))
    (_, later) = await life.back_up("new")
    (old,) = (life.root / "old").glob("*.database")
    mixed = shutil.copytree(life.root / "old", life.root / "mixed")
    shutil.copy(later, mixed)
    with_next = await life.elsewhere("with next")
    done = await restored(with_next, mixed / old.name, life.world.clock.now())
    assert done.obeyed.cases == 1
    assert await life.opens(with_next, life.deleted, life.kept) == [False, True]
    control = await life.elsewhere("control")
    assert (await life.restore(control, "old")).obeyed.cases == 0
    assert await life.opens(control, life.deleted, life.kept) == [True, True]


async def test_a_backup_of_the_key_store_is_no_good_after_seven_days(little: Life) -> None:
    (database, keys) = await little.back_up()
    new = await little.elsewhere("new")
    with pytest.raises(CannotStart, match=f"{keys} is older than 7 days"):
        await little.restore(new, days=7, minutes=1)
    with pytest.raises(CannotStart, match=f"{keys} is dated in the future"):
        await little.restore(new, minutes=-11)
    assert await still_new(new)
    assert (await little.restore(new, days=6, hours=23)).opened > 0
    assert not await still_new(new)
    little.world.clock.move(timedelta(days=8))
    (next_database, next_keys) = await little.back_up()
    assert (database.exists(), keys.exists(), next_keys.exists()) == (True, False, True)
    little.world.clock.move(timedelta(days=KEEP - 7))
    await little.back_up()
    assert (database.exists(), next_database.exists(), next_keys.exists()) == (False, True, False)


async def test_the_seven_days_need_nobody_who_makes_the_next_one(little: Life) -> None:
    """The running bot, which makes none by itself, takes it away; and so does one that finds no room for
    the next. What a killed process left goes, too. The database's stays: it may be the only one."""
    (database, keys) = await little.back_up()
    half = keys.with_name(f".{keys.name}.new")
    half.write_bytes(keys.read_bytes())
    plan, world = Backups(keys.parent, RECIPIENT, keep=1), little.world
    where = replace(little.where, backups=plan)
    async with groundswell(where, US, {}, world.clock, SystemChance(), world.log) as bot:
        await bot.heartbeat.tick()
        assert (keys.exists(), half.exists()) == (True, False)
        world.clock.move(timedelta(days=7))
        await bot.heartbeat.tick()
        assert keys.exists()  # the control: it is there for as long as it may be
        world.clock.move(timedelta(hours=1))
        await bot.heartbeat.tick()
        assert (keys.exists(), database.exists()) == (False, True)
    (_, keys) = await little.back_up()
    world.clock.move(timedelta(days=7, seconds=1))
    with room(1000), pytest.raises(CannotStart, match="make room"):
        await little.back_up()
    assert not keys.exists()


async def test_a_backup_from_a_clock_that_ran_ahead_is_taken_by_nobody(little: Life) -> None:
    """It would never be too old, and come first: it goes, and another is taken meanwhile."""
    ahead = little.world.clock.now() + timedelta(days=400)
    (database, keys) = await backed_up(little.where, little.root / "backups", ahead)
    aside = [shutil.copy(file, little.root) for file in (database, keys)]
    (own, own_keys) = await little.back_up()
    assert (database.exists(), keys.exists(), own_keys.exists()) == (True, False, True)
    for file in aside:
        shutil.copy(file, own.parent)
    done = await little.restore(await little.elsewhere("new"))
    assert done.made == little.world.clock.now()
    own_keys.unlink()
    new = await little.elsewhere("none")
    with pytest.raises(CannotStart, match=f"{keys} is dated in the future"):
        await little.restore(new)
    assert await still_new(new)


async def test_a_file_s_size_tells_of_no_case(little: Life) -> None:
    """Not that one was filed, nor how long it is. The control: what lies inside is longer."""
    (database, keys) = await little.back_up("before")
    acts = little.acts
    for n, story in enumerate((KEPT, KEPT * 20)):
        await acts.file(f"another {n}", story=story)
    after = await little.back_up("after")
    for before, later in zip((database, keys), after, strict=True):
        assert before.stat().st_size == later.stat().st_size
        inside = [len(str([*lines(one, little.where.keys)])) for one in (before, later)]
        assert inside[0] < inside[1] - 188


async def test_no_poll_opens_again(little: Life) -> None:
    await little.back_up()
    new = await little.elsewhere(
        "new", like=little.where
    )  # whose key store still has the poll's key
    assert (await little.restore(new)).obeyed.polls == 1
    clock, chance, log, post = (
        HandClock(little.world.clock.now()),
        SystemChance(),
        KeptLog(),
        KeptPost(),
    )
    post.clock = clock
    async with groundswell(new, US, {"sandbox": post}, clock, chance, log) as bot:
        world = World(bot, new, clock, chance, log, post)
        reply = await Acts(world).say("worker-9", "pulse")
        assert reply.form is None
        await world.tick()
        clock.move(timedelta(hours=1))
        await world.tick()
    (poll,) = (await rows_of(new.database))["polls"]
    assert poll["closed"] is not None
    assert "lost" in str(poll["result"])
    assert (await rows_of(new.key_store, key_metadata))["poll_keys"] == []


async def test_whoever_was_told_before_the_backup_came_back_is_not_told_twice(little: Life) -> None:
    """What was due then may have been said: it is shown as in doubt. What is due later waits."""
    engine = open_engine(little.where.database)
    async with engine.begin() as run:
        await run.execute(text("UPDATE outbox SET fate = 'waiting'"))
        count = await run.scalar(text("SELECT count(*) FROM outbox"))
    await engine.dispose()
    await little.back_up()
    new = await little.elsewhere("new")
    done = await little.restore(new)
    fates = [(row["fate"], row["not_before"]) for row in (await rows_of(new.database))["outbox"]]
    now = little.world.clock.now()
    assert len(fates) == count
    assert all((fate == "in doubt") == (due <= now) for fate, due in fates)
    assert done.obeyed.notices == sum(fate == "in doubt" for fate, _ in fates)


async def test_it_is_of_one_moment_while_people_write_answer_and_delete(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each database's own, to the row; what was acknowledged before it began is in it, with its key; and a
    case that was deleted between the two moments is not."""
    seen: dict[str, Rows] = {}
    async with loaded(life) as load:
        await load.further(20)
        before = [*load.receipts, life.kept]

        @asynccontextmanager
        async def looked_into(url: str) -> AsyncIterator[AsyncConnection]:
            if url == life.where.key_store:
                await life.delete()
            async with snapshot(url) as connection:
                known = metadata if url == life.where.database else key_metadata
                seen[url] = await rows_on(connection, known)
                await load.further(20)  # behind that moment, before a row is copied
                yield connection

        monkeypatch.setattr(copying, "snapshot", looked_into)
        await life.back_up()
        monkeypatch.undo()
    assert len(load.receipts) >= len(before) + 10
    new = await life.elsewhere("new")
    done = await life.restore(new)
    assert (done.obeyed.cases, done.obeyed.polls) == (1, 1)
    assert done.opened > len(before)
    then = but_for_what_passed(as_left(seen, life.where))
    now = but_for_what_passed(as_left(await both(new), new))
    for table in sorted(then.keys() - {"main.polls", "main.outbox"}):
        assert now[table] == then[table], table
    assert [row["id"] for row in now["main.outbox"]] == [row["id"] for row in then["main.outbox"]]
    assert len(then["main.waiting"]) + len(then["main.cases"]) > len(before)
    assert all(await life.opens(new, *before))
    assert await life.opens(new, life.deleted) == [False]
    later = as_left(await both(life.where), life.where)
    for table in ("main.waiting", "keys.case_keys"):  # the control: that moment is over
        assert later[table] != then[table]


async def test_with_the_secret_of_another_recipient_it_is_a_sentence_and_nothing(
    life: Life,
) -> None:
    async with loaded(life) as load:
        await load.further(5)
        await life.back_up()
    new, other = await life.elsewhere("new"), new_pair(SystemChance())[1]
    with pytest.raises(CannotStart, match=r"was made for another recipient.* give the secret that"):
        await restored(new, life.root / "backups", life.world.clock.now(), other)
    assert await still_new(new)
    assert (await life.restore(new)).opened > 10
    assert await life.opens(new, life.deleted, life.kept) == [True, True]


async def test_of_two_who_restore_at_once_one_does_and_the_other_is_told(
    tmp_path: Path, postgres: Postgres
) -> None:
    """On SQLite a process is alone with its folder."""
    async with lived(tmp_path, postgres) as life:
        await life.back_up()
        new = await life.elsewhere("new")
        done = await asyncio.gather(life.restore(new), life.restore(new), return_exceptions=True)
        (told,) = [str(one) for one in done if isinstance(one, CannotStart)]
        assert told.startswith("There is something in the database already")
        assert [one.opened > 10 for one in done if not isinstance(one, BaseException)] == [True]
        assert await life.opens(new, life.deleted, life.kept) == [True, True]


async def test_the_running_bot_makes_one_every_so_many_hours_and_one_alone(life: Life) -> None:
    plan = Backups(life.root / "copies", RECIPIENT, KEEP, every=6)
    where, world = replace(life.where, backups=plan), life.world
    async with AsyncExitStack() as stack:
        bots = []
        for _ in "ab" if life.postgres else "a":
            bot = groundswell(where, US, {}, world.clock, SystemChance(), world.log)
            bots.append(await stack.enter_async_context(bot))
        for made in (1, 1, 2):
            await asyncio.gather(*(bot.heartbeat.tick() for bot in bots))
            assert len(found(plan.to)) == 2 * made
            world.clock.move(timedelta(hours=2))  # from nine o'clock over eleven past noon
    assert (await restored(await life.elsewhere("new"), plan.to, world.clock.now())).opened > 10
