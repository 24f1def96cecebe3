"""A full disk, or a database that went away: a refusal, nothing stored, nothing lost, later works."""

import resource
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.dialects.postgresql.asyncpg import (
    AsyncAdapt_asyncpg_connection,
    PGDialect_asyncpg,
)
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.chat import Reply
from bot.domain.errors import CannotSave
from bot.ports import Noted, OpenWork, Wrapped
from storage.keys import SqlKeys
from storage.refusing import cannot_save
from storage.schema import Chain
from storage.work import work_on
from tests.contract.conftest import Server, opened
from tests.contract.rows import HERE, NEXT_SLOT, SLOT, new_id, parcel, waiting
from tests.fakes.acts import RECEIPT, STORY, Acts, shown
from tests.fakes.postgres import Postgres, installation
from tests.fakes.world import World, new_world

WORKER, REP = "noor-haddad", "ines-moreau"
LONG = bytes(range(256)) * 400


@asynccontextmanager
async def no_room(engine: AsyncEngine, table: str) -> AsyncIterator[None]:
    """A full disk as the database itself tells it: SQLite may take no further page; PostgreSQL
    answers with the very error of a full disk where it would write the table."""
    if engine.dialect.name == "sqlite":
        full = ["PRAGMA max_page_count = 1"]  # SQLite makes it what is there already
        room = ["PRAGMA max_page_count = 1073741823"]
    else:
        full = [
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$",
            f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} EXECUTE FUNCTION full_disk()",
        ]
        room = [f"DROP TRIGGER full_disk ON {table}"]
    await run(engine, full)
    try:
        yield
    finally:
        await run(engine, room)


async def run(engine: AsyncEngine, statements: list[str]) -> None:
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def test_what_a_full_disk_cannot_keep_is_refused_whole_and_works_later(
    database: AsyncEngine, open_work: OpenWork
) -> None:
    before, refused = waiting(), waiting(sealed=LONG)
    async with open_work() as work:
        await work.grievances.wait(before)
    async with no_room(database, "waiting"):
        with pytest.raises(CannotSave):
            async with open_work() as work:
                await work.outbox.put(parcel())
                await work.ledger.claim("slot", HERE, "2026")
                await work.grievances.wait(refused)
        async with open_work() as work:  # what was there can be read
            assert await work.grievances.due(HERE, SLOT) == [before]
    async with open_work() as work:
        assert await work.outbox.claim(["sandbox"], SLOT, SLOT - SLOT, 50) == []
        assert await work.ledger.claim("slot", HERE, "2026")
        await work.grievances.wait(refused)
    async with open_work() as work:
        assert len(await work.grievances.due(HERE, SLOT)) == 2


async def test_a_draft_that_a_full_disk_cannot_replace_stays_as_it_was(
    key_store: AsyncEngine, keys: SqlKeys
) -> None:
    token = b"\x01" * 16
    await keys.keep_draft(token, b"as it was", NEXT_SLOT)
    async with no_room(key_store, "drafts"):
        with pytest.raises(CannotSave):
            await keys.keep_draft(token, LONG, NEXT_SLOT)
        assert await keys.draft(token, SLOT) == b"as it was"
    await keys.keep_draft(token, LONG, NEXT_SLOT)
    assert await keys.draft(token, SLOT) == LONG


async def test_a_key_that_a_full_disk_cannot_keep_is_not_there(
    key_store: AsyncEngine, keys: SqlKeys
) -> None:
    id, waits, long = new_id(), new_id(), Wrapped(LONG)
    async with no_room(key_store, "case_keys"):
        with pytest.raises(CannotSave):
            await keys.make(id, waits, long)
        assert await keys.get([id]) == {}
    assert await keys.make(id, waits, long) == long
    assert await keys.get([id]) == {id: (id, long)}


async def test_a_bug_of_ours_is_not_taken_for_a_full_disk(
    database: AsyncEngine, open_work: OpenWork
) -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            async with open_work() as work:
                await work.grievances.wait(waiting(sealed=b"%d" % (1 // 0)))
    twice = parcel()
    with pytest.raises(Exception, match=r"(?i)unique") as bug:
        async with open_work() as work:
            await work.outbox.put(twice)
            await work.outbox.put(twice)
    assert not isinstance(bug.value, CannotSave)


# A server that goes away ------------------------------------------------------------------------


@contextmanager
def gone(postgres: Postgres) -> Iterator[None]:
    postgres.go_away()
    try:
        yield
    finally:
        postgres.come_back()


async def test_a_server_that_went_away_is_a_refusal_and_later_works(postgres: Postgres) -> None:
    backend = Server(postgres)
    row = waiting()
    async with backend.database(Chain.MAIN) as url, opened(url) as engine:
        open_work = work_on(engine)
        async with open_work() as work:
            await work.grievances.wait(row)
        with gone(postgres):
            for _ in range(2):
                with pytest.raises(CannotSave):
                    async with open_work() as work:
                        await work.grievances.wait(waiting())
        async with open_work() as work:
            assert await work.grievances.due(HERE, SLOT) == [row]


@pytest.mark.parametrize("at", ["act", "commit"])
async def test_a_server_that_goes_away_in_the_middle_keeps_nothing_of_it(
    postgres: Postgres, at: str
) -> None:
    backend = Server(postgres)
    async with backend.database(Chain.MAIN) as url, opened(url) as engine:
        open_work = work_on(engine)
        try:
            with pytest.raises(CannotSave):
                async with open_work() as work:
                    await work.grievances.wait(waiting())
                    postgres.go_away()
                    if at == "act":
                        await work.grievances.wait(waiting())
        finally:
            postgres.come_back()
        async with open_work() as work:
            assert await work.grievances.due(HERE, SLOT) == []


async def test_a_server_that_cuts_one_connection_is_a_refusal_too(postgres: Postgres) -> None:
    backend = Server(postgres)
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'"
    async with backend.database(Chain.MAIN) as url, opened(url) as engine:
        open_work = work_on(engine)
        with pytest.raises(CannotSave):
            async with open_work() as work:
                await work.grievances.wait(waiting())
                await postgres.run(others.format(engine.url.database))
                await work.grievances.wait(waiting())
        async with open_work() as work:
            assert await work.grievances.due(HERE, SLOT) == []


async def test_a_server_that_lets_nobody_in_is_a_refusal(postgres: Postgres) -> None:
    backend = Server(postgres)
    async with backend.database(Chain.MAIN) as url, opened(url) as engine:
        await postgres.run(f"ALTER DATABASE {engine.url.database} CONNECTION LIMIT 0")
        await postgres.run("CREATE ROLE visitor LOGIN")
        try:
            visiting = url.replace("postgres:", "visitor:")
            async with opened(visiting) as visitor:
                with pytest.raises(CannotSave):
                    async with work_on(visitor)() as work:
                        await work.communities.all()
        finally:
            await postgres.run("DROP ROLE visitor")


# The whole bot ----------------------------------------------------------------------------------


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process can be written to, as on a disk that is full to the last byte."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def said(reply: Reply) -> list[str]:
    """The sentences of a refusal, on a card or beside a field."""
    errors = list(reply.form.errors.values()) if reply.form else []
    return [line.key for line in [*errors, *(s for card in reply.cards for s in card.lines)]]


async def refused_and_then_taken(acts: Acts, trouble: object) -> None:
    """Send while nothing can be kept: a refusal without a receipt; send again later: one case."""
    world = acts.world
    preview = await acts.preview(WORKER)
    with trouble:
        refused = await acts.press(WORKER, preview, "send")
        assert said(refused) == ["refused.cannot_save"]
        assert not RECEIPT.search(shown(refused))
    receipt = await acts.press(WORKER, preview, "send")
    assert RECEIPT.search(shown(receipt))
    await world.slot()
    assert len(world.post.people) == 1
    list_ = await acts.say(REP, "cases")
    assert [b.name for b in list_.cards[0].buttons] == ["open"]
    assert STORY in shown(await acts.press(REP, list_, "open"))
    assert [facts["kind"] for event, facts in world.log.lines if event is Noted.BUG] == []


async def test_a_grievance_sent_on_a_full_disk_is_kept_once_when_sent_again(
    world: World,
) -> None:
    await refused_and_then_taken(Acts(world), full_disk())


async def test_what_was_typed_on_a_full_disk_comes_back_with_the_form(world: World) -> None:
    acts = Acts(world)
    form = await acts.press(WORKER, await acts.say(WORKER, "grievance"), "continue")
    answers = {"category": "pay", "spread": "me", "impact": "2", "story": STORY}
    with full_disk():
        back = await acts.fill(WORKER, form, **answers)
    assert said(back) == ["refused.cannot_save"]
    assert back.form is not None
    assert {q.id: q.value for q in back.form.questions if q.id in answers} == answers
    preview = await acts.fill(WORKER, back, **answers)
    assert RECEIPT.search(shown(await acts.press(WORKER, preview, "send")))


async def test_a_slot_that_came_on_a_full_disk_happens_when_there_is_room(world: World) -> None:
    acts = Acts(world)
    await acts.file(WORKER)
    with full_disk():
        await world.slot()
        assert world.post.people == []
    kinds = {facts["kind"] for event, facts in world.log.lines if event is Noted.BUG}
    assert kinds == {"CannotSave"}
    await world.bot.tick()
    assert [to for to, _ in world.post.people] == [REP]
    assert STORY in shown(await acts.desk(REP))


async def test_a_grievance_sent_to_a_server_that_went_away_is_kept_once_when_sent_again(
    postgres: Postgres, tmp_path: Path
) -> None:
    async with installation(postgres, tmp_path) as where, new_world(where) as world:
        await refused_and_then_taken(Acts(world), gone(postgres))


async def test_a_grievance_whose_key_was_kept_and_whose_row_was_not_is_kept_when_sent_again(
    postgres: Postgres, tmp_path: Path
) -> None:
    """The key store has room, the database has none: the key waits for its row."""
    async with (
        installation(postgres, tmp_path) as where,
        new_world(where) as world,
        opened(where.database) as database,
        opened(where.key_store) as key_store,
    ):
        acts, keys = Acts(world), SqlKeys(key_store)
        preview = await acts.preview(WORKER)
        async with no_room(database, "waiting"):
            refused = await acts.press(WORKER, preview, "send")
        assert said(refused) == ["refused.cannot_save"]
        assert len(await keys.unsettled()) == 1
        assert RECEIPT.search(shown(await acts.press(WORKER, preview, "send")))
        await world.slot()
        assert STORY in shown(await acts.desk(REP))
        assert await keys.unsettled() == {}


@pytest.mark.parametrize("told", [asyncpg.ProtocolError, asyncpg.InterfaceError])
def test_a_line_that_is_cut_in_the_midst_of_an_answer_is_a_database_that_is_away(
    told: type[Exception],
) -> None:
    """As SQLAlchemy passes on what its driver says of it."""
    driver = PGDialect_asyncpg.import_dbapi()
    with pytest.raises(driver.Error) as said:
        AsyncAdapt_asyncpg_connection._handle_exception_no_connection(driver, told("cut"))
    assert cannot_save(DBAPIError.instance("SELECT", {}, said.value, driver.Error))


def test_what_is_our_own_mistake_is_not() -> None:
    assert not cannot_save(ProgrammingError("SELECT", {}, ValueError("no such column")))
