"""What every database promises about its schema: made from nothing, once, and never guessed."""

import asyncio
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, Table, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.settings import CannotStart
from storage.engine import talkative
from storage.schema import Chain, current, same_keys, upgrade
from storage.tables import key_metadata, metadata
from tests.contract.conftest import Backend, Files, opened
from tests.fakes.postgres import Postgres

ROOT = Path(__file__).parents[2]
TABLES = {
    Chain.MAIN: {
        "accounts",
        "alembic_version",
        "audit",
        "audit_acts",
        "ballots",
        "cases",
        "communities",
        "digest_weeks",
        "digests",
        "duty_changes",
        "pending_changes",
        "platform_memory",
        "entries",
        "grants",
        "installation",
        "ledger",
        "marks",
        "outbox",
        "polls",
        "pulses",
        "spaces",
        "staff",
        "waiting",
        "workspaces",
    },
    Chain.KEYS: {
        "alembic_version",
        "case_keys",
        "community_keys",
        "daily_keys",
        "homes",
        "drafts",
        "installation",
        "poll_keys",
        "tombstones",
    },
}
#: Tables whose rows a worker's act makes: SQLite would number them in the order they came.
NOT_NUMBERED = {
    Chain.MAIN: {
        "waiting",
        "cases",
        "entries",
        "marks",
        "audit_acts",
        "ballots",
        "platform_memory",
    },
    Chain.KEYS: {"case_keys", "tombstones", "drafts", "daily_keys", "poll_keys", "homes"},
}
WRITTEN = {Chain.MAIN: metadata, Chain.KEYS: key_metadata}

chains = pytest.mark.parametrize("chain", list(Chain))


async def tables(engine: AsyncEngine) -> set[str]:
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        if engine.dialect.name == "sqlite"
        else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    )
    async with engine.connect() as connection:
        return set(await connection.scalars(text(query)))


async def partial(engine: AsyncEngine) -> dict[str, str]:
    """What rows each index is limited to, which alembic does not compare: none, of a whole one."""
    query = (
        "SELECT name, coalesce(sql, '') AS sql FROM sqlite_master WHERE type = 'index'"
        if engine.dialect.name == "sqlite"
        else "SELECT indexname AS name, indexdef AS sql FROM pg_indexes WHERE schemaname = 'public'"
    )
    async with engine.connect() as connection:
        found = await connection.execute(text(query))
        return {row.name: row.sql.partition(" WHERE ")[2].strip("()") for row in found}


async def differences(engine: AsyncEngine, written: MetaData) -> list[object]:
    def compare(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), written))

    async with engine.connect() as connection:
        return await connection.run_sync(compare)


@chains
async def test_a_database_is_made_from_nothing(backend: Backend, chain: Chain) -> None:
    async with backend.database() as url, opened(url) as engine:
        assert await current(engine) == ""
        await upgrade(engine, chain)
        assert await tables(engine) == TABLES[chain]
        assert await current(engine) == chain.newest != ""


@chains
async def test_the_database_is_what_the_tables_say(backend: Backend, chain: Chain) -> None:
    async with backend.database() as url, opened(url) as engine:
        await upgrade(engine, chain)
        assert await differences(engine, WRITTEN[chain]) == []
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE planted (id INTEGER PRIMARY KEY)"))
        (found,) = await differences(engine, WRITTEN[chain])
        assert isinstance(found, tuple)
        assert found[0] == "remove_table"
        assert isinstance(found[1], Table)
        assert found[1].name == "planted"


@chains
async def test_indexes_of_some_rows_are_limited_as_the_tables_say(
    backend: Backend, chain: Chain
) -> None:
    async with backend.database(chain) as url, opened(url) as engine:
        migrated = await partial(engine)
    async with backend.database() as url, opened(url) as engine:
        async with engine.begin() as connection:
            await connection.run_sync(WRITTEN[chain].create_all)
        written = await partial(engine)
    of_alembic = "alembic_version_pkc", "sqlite_autoindex_alembic_version_1"
    assert {name: to for name, to in migrated.items() if name not in of_alembic} == written
    assert bool(any(written.values())) is (chain is Chain.MAIN)


@chains
async def test_what_lies_there_survives_a_second_upgrade(backend: Backend, chain: Chain) -> None:
    kept = {
        Chain.MAIN: "INSERT INTO ledger (kind, scope, period) VALUES ('slot', 'here', '2026')",
        Chain.KEYS: "INSERT INTO tombstones (id, slot) VALUES ('gone', 1780304400)",
    }
    table = {Chain.MAIN: "ledger", Chain.KEYS: "tombstones"}[chain]
    async with backend.database() as url, opened(url) as engine:
        await upgrade(engine, chain)
        async with engine.begin() as connection:
            await connection.execute(text(kept[chain]))
        await upgrade(engine, chain)
        async with engine.connect() as connection:
            assert await connection.scalar(text(f"SELECT count(*) FROM {table}")) == 1
        assert await tables(engine) == TABLES[chain]


@chains
async def test_many_may_start_at_once_on_a_new_database(backend: Backend, chain: Chain) -> None:
    async def start(url: str) -> None:
        async with opened(url) as engine:
            await upgrade(engine, chain)

    async with backend.database() as url:
        await asyncio.gather(*(start(url) for _ in range(5)))
        async with opened(url) as engine:
            assert await tables(engine) == TABLES[chain]
            assert await differences(engine, WRITTEN[chain]) == []


@chains
def test_the_revisions_are_alembic_s_and_their_files_bear_their_numbers(chain: Chain) -> None:
    scripts = ScriptDirectory.from_config(chain.config).walk_revisions()
    assert chain.known == tuple(one.revision for one in scripts)


def test_whoever_starts_on_a_database_that_is_whole_loads_no_alembic() -> None:
    code = "import sys, bot.running, storage.schema; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert {"storage.schema", "sqlalchemy"} <= set(done.stdout.split())
    assert "alembic" not in done.stdout.split()


START = """
import asyncio, sys
from storage.engine import open_engine
from storage.schema import Chain, same_keys, upgrade

async def start():
    engine = open_engine(sys.argv[1])
    await upgrade(engine, Chain.MAIN)
    await same_keys(engine, b"these files")
    await engine.dispose()

sys.stdin.readline()
asyncio.run(start())
"""


async def test_many_processes_may_start_at_once_on_a_new_database(backend: Backend) -> None:
    async with backend.database() as url:
        processes = [
            subprocess.Popen(
                [sys.executable, "-W", "error", "-c", START, url],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]
        ends = [asyncio.to_thread(process.communicate, "go\n", 60) for process in processes]
        said = [errors for _, errors in await asyncio.gather(*ends)]
        ended = [process.returncode for process in processes]
        assert list(zip(ended, said, strict=True)) == [(0, ""), (0, "")]
        async with opened(url) as engine:
            assert await tables(engine) == TABLES[Chain.MAIN]


@chains
async def test_a_newer_schema_is_refused_and_left_as_it_is(backend: Backend, chain: Chain) -> None:
    async with backend.database(chain) as url, opened(url) as engine:
        async with engine.begin() as connection:
            newer = text("UPDATE alembic_version SET version_num = 'later9999'")
            await connection.execute(newer)
        with pytest.raises(CannotStart) as refused:
            await upgrade(engine, chain)
        assert str(refused.value) == (
            "The database has schema later9999, which is newer than this program: "
            "install the newer Groundswell that made it."
        )
        assert await current(engine) == "later9999"
        assert await tables(engine) == TABLES[chain]


async def test_the_other_databases_schema_is_refused(backend: Backend) -> None:
    """The key store's address in the database's place, and the other way round."""
    async with backend.database(Chain.KEYS) as url, opened(url) as engine:
        with pytest.raises(CannotStart):
            await upgrade(engine, Chain.MAIN)
        assert await tables(engine) == TABLES[Chain.KEYS]


@pytest.mark.parametrize(
    "url",
    [
        "sqlite+aiosqlite:////no/such/folder/groundswell.db",
        "sqlite+aiosqlite:////",
        "postgresql+asyncpg://groundswell:hunter2@/groundswell?host=/no/such/folder",
        "postgresql+asyncpg://groundswell:hunter2@127.0.0.1:1/groundswell",
        "postgresql+asyncpg://groundswell:hunter2@nowhere.invalid/groundswell",
    ],
)
@pytest.mark.parametrize("ask", [current, lambda engine: upgrade(engine, Chain.MAIN)])
async def test_a_database_out_of_reach_is_a_sentence_without_its_password(
    url: str, ask: object
) -> None:
    async with opened(url) as engine:
        with pytest.raises(CannotStart) as refused:
            await ask(engine)
    _let_the_driver_end()
    said = str(refused.value)
    assert said.startswith(f"The database {url.partition('?')[0].replace('hunter2', '***')}")
    assert said.endswith(
        "cannot be opened: check that it runs and has room, and that its address is right."
    )


def _let_the_driver_end() -> None:
    """aiosqlite's thread goes on a moment after a file could not be opened, and minds when the
    event loop ends meanwhile."""
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            thread.join(5)


async def test_a_file_that_is_no_database_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_bytes(b"These are notes, not a database.\n" * 200)
    async with opened(f"sqlite+aiosqlite:///{tmp_path}/notes.db") as engine:
        with pytest.raises(CannotStart, match=r"notes\.db cannot be opened"):
            await upgrade(engine, Chain.MAIN)
    assert (tmp_path / "notes.db").read_bytes().startswith(b"These are notes")


async def test_a_database_that_was_never_made_is_a_sentence(postgres: Postgres) -> None:
    async with opened(postgres.url("never_made")) as engine:
        with pytest.raises(CannotStart, match=r"never_made.* cannot be opened"):
            await upgrade(engine, Chain.MAIN)


async def test_the_key_files_of_another_database_are_refused(database: AsyncEngine) -> None:
    await same_keys(database, b"these files")
    await same_keys(database, b"these files")
    with pytest.raises(CannotStart) as refused:
        await same_keys(database, b"other files")
    assert str(refused.value) == (
        "The key files belong to another database: put back the ones made with this one."
    )
    await same_keys(database, b"these files")


async def test_many_may_ask_at_once_whether_the_key_files_belong(backend: Backend) -> None:
    async def ask(url: str, files: bytes) -> str:
        async with opened(url) as engine:
            try:
                await same_keys(engine, files)
            except CannotStart:
                return "refused"
        return "taken"

    async with backend.database(Chain.MAIN) as url:
        told = await asyncio.gather(*(ask(url, b"these files") for _ in range(6)))
        assert told == ["taken"] * 6
    async with backend.database(Chain.MAIN) as url:
        told = await asyncio.gather(*(ask(url, b"files %d" % n) for n in range(6)))
        assert sorted(told) == ["refused"] * 5 + ["taken"]


# SQLite's care for every byte -------------------------------------------------------------------

#: What must hold on every connection, as SQLite itself says it.
PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1}


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


async def test_sqlite_is_careful_on_every_connection(files: Files) -> None:
    async with files.database(Chain.MAIN) as url, opened(url) as engine:
        for _ in range(2):
            async with engine.connect() as connection:
                held = {name: await connection.scalar(text(f"PRAGMA {name}")) for name in PRAGMAS}
            assert held == PRAGMAS
            await engine.dispose()  # the next round has a new connection


@chains
async def test_sqlite_numbers_no_row_that_a_worker_made(files: Files, chain: Chain) -> None:
    numbered = set()
    async with files.database(chain) as url, opened(url) as engine:
        for name in TABLES[chain]:
            async with engine.connect() as connection:
                try:
                    await connection.execute(text(f"SELECT {name}.rowid FROM {name}"))
                    numbered.add(name)
                except OperationalError:  # there is no such column
                    continue
    assert numbered == TABLES[chain] - NOT_NUMBERED[chain]


@chains
async def test_no_table_is_numbered_by_a_counter(backend: Backend, chain: Chain) -> None:
    """Neither AUTOINCREMENT nor a sequence: both count in the order rows came."""
    counters = (
        "SELECT sql FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'"
        if backend.name == "sqlite"
        else "SELECT sequencename FROM pg_sequences"
    )
    async with backend.database(chain) as url, opened(url) as engine, engine.connect() as asked:
        assert list(await asked.scalars(text(counters))) == []


# PostgreSQL's own log ---------------------------------------------------------------------------


async def test_a_server_that_may_be_quieted_has_nothing_to_warn_of(
    database: AsyncEngine,
) -> None:
    assert await talkative(database) == []


async def test_a_server_that_would_keep_what_was_written_is_named(postgres: Postgres) -> None:
    await postgres.run("CREATE ROLE plain LOGIN")
    async with postgres.database() as url, opened(url.replace("postgres:", "plain:")) as engine:
        assert await talkative(engine) == ["log_min_error_statement", "log_error_verbosity"]
    await postgres.run("DROP ROLE plain")


async def test_so_is_one_whose_log_tells_that_something_was_written_every_few_minutes(
    postgres: Postgres,
) -> None:
    async with postgres.database() as url, opened(url) as engine:
        await postgres.run("ALTER SYSTEM SET log_checkpoints = on")
        try:
            await postgres.run("SELECT pg_reload_conf()")
            while not (found := await talkative(engine)):
                await asyncio.sleep(0.05)
            assert found == ["log_checkpoints"]
        finally:
            await postgres.run("ALTER SYSTEM RESET log_checkpoints")
            await postgres.run("SELECT pg_reload_conf()")
