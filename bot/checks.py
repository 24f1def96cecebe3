"""What ``check`` and ``db`` look at: settings, key files, databases; never what is in them."""

from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any

from adapters.chance import SystemChance
from adapters.vault import FileVault, read_key_files
from bot.settings import CannotStart, Settings, Where
from storage import schema
from storage.engine import QUIET, open_engine, talkative
from storage.schema import Chain

Check = tuple[str, Callable[[], Coroutine[Any, Any, str | None]]]


def all_of(known: Settings, where: Where) -> Iterator[Check]:
    """Each check's name and how to ask it: the remedy, or None when all is well."""
    yield "settings", _well
    yield "operator named", lambda: _operator(known)
    yield "platform", lambda: _platform(known)
    yield "key files", lambda: _told(_keys(where))
    yield "database", lambda: _told(_database(where.database, Chain.MAIN))
    yield "key store", lambda: _told(_database(where.key_store, Chain.KEYS))
    yield "keys fit the database", lambda: _told(_fit(where))
    yield "database keeps no traces", lambda: _told(_quiet(where))


async def revisions(where: Where) -> list[tuple[str, str, str]]:
    """(name, its revision, this program's) of both databases."""
    found = []
    for name, url, chain in _both(where):
        engine = open_engine(url)
        try:
            found.append((name, await schema.current(engine), chain.newest))
        finally:
            await engine.dispose()
    return found


async def upgraded(where: Where) -> list[tuple[str, str]]:
    """Bring both to this program's schema; (name, revision)."""
    where.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    for _, url, chain in _both(where):
        engine = open_engine(url)
        try:
            await schema.upgrade(engine, chain)
        finally:
            await engine.dispose()
    return [(name, revision) for name, revision, _ in await revisions(where)]


def _both(where: Where) -> tuple[tuple[str, str, Chain], ...]:
    return (
        ("database", where.database, Chain.MAIN),
        ("key store", where.key_store, Chain.KEYS),
    )


async def _well() -> None:
    return None


async def _operator(known: Settings) -> str | None:
    if known.instance.operator == type(known.instance)().operator:
        return "[instance] operator is not set, and workers read it before they write: set it."
    return None


async def _platform(known: Settings) -> str | None:
    return None if known.sandbox else "no platform is enabled: add the section [sandbox]."


async def _told(look: Awaitable[str | None]) -> str | None:
    try:
        return await look
    except CannotStart as reason:
        return str(reason)


async def _keys(where: Where) -> None:
    read_key_files(where.keys)


async def _database(url: str, chain: Chain) -> str | None:
    engine = open_engine(url)
    try:
        revision = await schema.current(engine)
    finally:
        await engine.dispose()
    if revision == chain.newest:
        return None
    if not revision:
        return "it is empty: run `groundswell db upgrade`, or simply `groundswell run`."
    return f"its schema is {revision}, this program's {chain.newest}: run `groundswell db upgrade`."


async def _quiet(where: Where) -> str | None:
    for _, url, _ in _both(where):
        engine = open_engine(url)
        try:
            await schema.current(engine)
            if kept := await talkative(engine):
                wanted = ", ".join(f"{name} = {QUIET[name]}" for name in kept)
                return f"its own log would keep too much: set {wanted} in postgresql.conf."
        finally:
            await engine.dispose()
    return None


async def _fit(where: Where) -> None:
    vault = FileVault(read_key_files(where.keys), SystemChance())
    engine = open_engine(where.database)
    try:
        if await schema.current(engine):
            await schema.same_keys(engine, vault.fingerprint())
    finally:
        await engine.dispose()
