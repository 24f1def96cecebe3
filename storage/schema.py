"""Brings both databases to this program's schema, and refuses what it does not know.

Migrations are alembic's, one chain per database, run under a lock so that any number of processes
may start at once.
"""

from enum import StrEnum
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.settings import CannotStart
from storage.grievances import insert_or_nothing
from storage.tables import installation

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x67726F756E64  #: any number, the same in every process


class Chain(StrEnum):
    """One database's migrations: a folder each."""

    MAIN = "main"
    KEYS = "keys"

    @property
    def config(self) -> Config:
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        config.set_main_option("version_locations", str(_MIGRATIONS / self.value))
        config.set_main_option("path_separator", "os")
        return config

    @property
    def newest(self) -> str:
        """The revision this program knows last."""
        return ScriptDirectory.from_config(self.config).get_current_head() or ""


async def current(engine: AsyncEngine) -> str:
    """The revision a database is at; empty for a new one. Raises CannotStart."""
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_revision)
    except (DBAPIError, OSError):
        raise CannotStart(_unreachable(engine.sync_engine)) from None


async def upgrade(engine: AsyncEngine, chain: Chain) -> None:
    """Run what is missing, under a lock. Raises CannotStart for a newer schema."""
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade, chain)
    except (DBAPIError, OSError):
        raise CannotStart(_unreachable(engine.sync_engine)) from None


async def same_keys(engine: AsyncEngine, fingerprint: bytes) -> None:
    """Remember the key files' fingerprint, or refuse the files of another database."""
    async with engine.begin() as connection:
        row = {"name": "key_files", "value": fingerprint}
        await connection.execute(insert_or_nothing(connection, installation).values(row))
        query = select(installation.c.value).where(installation.c.name == "key_files")
        if await connection.scalar(query) != fingerprint:
            raise CannotStart(
                "The key files belong to another database: put back the ones made with this one."
            )


def _revision(connection: Connection) -> str:
    return MigrationContext.configure(connection).get_current_revision() or ""


def _upgrade(connection: Connection, chain: Chain) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    config, revision = chain.config, _revision(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision and revision not in known:
        raise CannotStart(
            f"The database has schema {revision}, which is newer than this program: "
            "install the newer Groundswell that made it."
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _unreachable(engine: Engine) -> str:
    where = engine.url.render_as_string(hide_password=True)
    return (
        f"The database {where} cannot be opened: check that it runs and that its address is right."
    )
