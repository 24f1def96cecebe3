"""Brings both databases to this program's schema, and refuses what it does not know, or what does
not belong together.

Migrations are alembic's, one chain per database, run under a lock so that any number of processes
may start at once. It is loaded where there is something to bring: a start asks the database alone.
"""

from collections.abc import Collection
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, column, delete, select, table, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.settings import CannotStart
from storage.inserting import insert_or_nothing
from storage.tables import installation

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = Path(__file__).parent / "migrations"
#: Where alembic keeps how far a database is.
_VERSION = table("alembic_version", column("version_num"))
_LOCK = 0x67726F756E64  #: any number, the same in every process


class Chain(StrEnum):
    """One database's migrations: a folder each."""

    MAIN = "main"
    KEYS = "keys"

    @property
    def config(self) -> "Config":
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        config.set_main_option("version_locations", str(_MIGRATIONS / self.value))
        config.set_main_option("path_separator", "os")
        return config

    @property
    def newest(self) -> str:
        """The revision this program knows last."""
        return self.known[0]

    @property
    def known(self) -> tuple[str, ...]:
        """The revisions this program knows, the newest first."""
        return _known(self)


@cache
def _known(chain: Chain) -> tuple[str, ...]:
    """By their files' numbers, which are those of the revisions."""
    numbers = sorted(one.name[:4] for one in (_MIGRATIONS / chain.value).glob("[0-9]*.py"))
    return tuple(f"{chain.value}{one}" for one in reversed(numbers))


async def current(engine: AsyncEngine) -> str:
    """The revision a database is at; empty for a new one. Raises CannotStart."""
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_revision)
    except (DBAPIError, OSError):
        raise CannotStart(_unreachable(engine.sync_engine)) from None


async def revision(connection: AsyncConnection) -> str:
    """The same of a connection that is open."""
    return await connection.run_sync(_revision)


async def upgrade(engine: AsyncEngine, chain: Chain) -> None:
    """Run what is missing, under a lock. Raises CannotStart for a newer schema."""
    try:
        async with engine.begin() as connection:
            await bring(connection, chain)
    except (DBAPIError, OSError):
        raise CannotStart(_unreachable(engine.sync_engine)) from None


async def bring(connection: AsyncConnection, chain: Chain, to: str = "") -> None:
    """Likewise within a transaction that is open; ``to``: a revision, instead of the newest."""
    await connection.run_sync(_upgrade, chain, to or chain.newest)


async def same_keys(
    engine: AsyncEngine, fingerprint: bytes, what: str = "database", *, also: Collection[bytes] = ()
) -> bytes:
    """Remember the key files' fingerprint, or refuse the files of another database. ``also``: those of
    further files that are there; the one that is remembered is given back. Raises CannotStart."""
    async with engine.begin() as connection:
        return await same_keys_on(connection, fingerprint, what, also=also)


async def same_keys_on(
    connection: AsyncConnection,
    fingerprint: bytes,
    what: str = "database",
    *,
    also: Collection[bytes] = (),
) -> bytes:
    """Likewise within a transaction that is open."""
    known = await kept(connection, "key_files", fingerprint)
    if known == fingerprint or known in also:
        return known
    if epoch := await fact(connection, "epoch"):
        raise CannotStart(
            f"The keys of this {what} were rotated: copy case-keys-{epoch.decode()}.key from the machine "
            "where that was done, or put back the file that was there before with an older backup."
        )
    raise CannotStart(
        f"The key files belong to another {what}: put back the ones made with this one."
    )


async def one_installation(
    database: AsyncEngine, key_store: AsyncEngine, fingerprint: bytes, also: Collection[bytes] = ()
) -> bytes:
    """The key files that both remember, and so wrap with; the key store's, where they differ for the
    moment in which they are changed. Raises CannotStart where these are not the files."""
    await same_keys(database, fingerprint, also=also)
    return await same_keys(key_store, fingerprint, "key store", also=also)


async def remember(connection: AsyncConnection, **facts: bytes | None) -> None:
    """Facts of this installation, in place of what was remembered of them; None: nothing any more."""
    for name, value in facts.items():
        await connection.execute(delete(installation).where(installation.c.name == name))
        if value is not None:
            await kept(connection, name, value)


async def paired(database: AsyncEngine, key_store: AsyncEngine, mark: bytes) -> None:
    """Tie a database and its key store together at their first start, by a random ``mark``.

    A database on another's key store would take the other's keys for strays and destroy them; on
    an empty one it could open nothing. Raises CannotStart. May end between any two steps.
    """
    async with database.begin() as main:
        await lock(main)
        async with key_store.connect() as store:
            theirs = await fit_on(main, store)
        async with key_store.begin() as store:
            theirs = theirs or await kept(store, "mark", mark)
        await kept(main, "mark", theirs)
    async with key_store.begin() as store:  # only now: until here nobody relies on it
        await kept(store, "taken", theirs)


async def fit(database: AsyncEngine, key_store: AsyncEngine) -> None:
    """Whether the two belong together; writes nothing. Raises CannotStart."""
    async with database.connect() as main, key_store.connect() as store:
        await fit_on(main, store)


async def fit_on(main: AsyncConnection, store: AsyncConnection) -> bytes | None:
    """Likewise of connections that are open. The mark both have; the key store's, if the database has
    none yet; None where neither has."""
    theirs, taken = await fact(store, "mark"), await fact(store, "taken")
    ours = await fact(main, "mark")
    if ours and theirs is None:
        raise CannotStart(
            "The key store is empty, and this database was used with one: put that one back, or "
            "nobody can read a case again."
        )
    if taken and ours is None:
        raise CannotStart(
            "This database is new, and the key store was used with another: bring that one back, with "
            "`groundswell restore` or as it was. A restore that was stopped half way is to be run again."
        )
    if ours and theirs != ours:
        raise CannotStart(
            "The key store belongs to another database: put back the one made with this one."
        )
    return theirs


async def fact(connection: AsyncConnection, name: str) -> bytes | None:
    """What is remembered of this installation under a name."""
    query = select(installation.c.value).where(installation.c.name == name)
    found: bytes | None = await connection.scalar(query)
    return found


async def kept(connection: AsyncConnection, name: str, value: bytes) -> bytes:
    """What is remembered of this installation under a name: what was there, else this."""
    row = {"name": name, "value": value}
    await connection.execute(insert_or_nothing(connection, installation).values(row))
    return await fact(connection, name) or value


async def lock(connection: AsyncConnection) -> None:
    """One process after another, where there can be several, until the transaction ends."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def _revision(connection: Connection) -> str:
    if not connection.dialect.has_table(connection, _VERSION.name):
        return ""
    return connection.scalar(select(_VERSION.c.version_num)) or ""


def _upgrade(connection: Connection, chain: Chain, to: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    revision = _revision(connection)
    if revision == to:
        return
    if revision and revision not in chain.known:
        raise CannotStart(
            f"The database has schema {revision}, which is newer than this program: "
            "install the newer Groundswell that made it."
        )
    from alembic import command

    config = chain.config
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def _unreachable(engine: Engine) -> str:
    where = engine.url.render_as_string(hide_password=True)
    return (
        f"The database {where} cannot be opened: check that it runs and has room, and that its address is "
        "right."
    )
