"""What ``check`` looks at: settings, platforms, the mail server, key files, databases; of what is in them,
counts."""

from collections.abc import Awaitable, Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.chance import SystemChance
from adapters.clock import SystemClock
from adapters.sandbox.time import CLOCK, MovedClock
from adapters.vault import FILES, read_key_files, vault_in
from bot import reached
from bot.backup_folder import found, outlived, seen
from bot.databases import both, revision
from bot.ports import Figure
from bot.services.communities import Communities
from bot.services.communities.findings import set_back
from bot.services.privacy.audit import Audit
from bot.services.privacy.seals import Seals
from bot.services.status import Status
from bot.settings import PLATFORMS, CannotStart, Settings, Where
from storage import schema
from storage.engine import QUIET, clock_of, open_engine, talkative
from storage.keys import SqlKeys
from storage.schema import Chain
from storage.work import work_on

OFF = timedelta(seconds=60)  #: that the machine's clock and the database's may differ

Check = tuple[str, Callable[[], Coroutine[Any, Any, str | None]]]

#: What somebody should look at, and what to do about it.
REMEDIES = {
    Figure.PARKED: "said after ten tries, or were rejected: see that the platform is up and lets the bot "
    "write there. The next start tries each once more",
    Figure.IN_DOUBT: "known to have been said: look in the chat. They are not said again",
    Figure.LATE: "done, which were due more than five minutes ago: see that a process runs with its "
    "heartbeat, and one for every platform",
    Figure.MISSED: "done in time in the last day, but more than an hour late: keep a process running",
    Figure.UNREACHABLE: "said, because nobody was there to be told: somebody who holds a role has no "
    "account outside an employer's space, a room is gone, or a digest has nowhere to go. Where a "
    "community's own line below says which, do what it says; else ask them",
}


def all_of(known: Settings, where: Where) -> Iterator[Check]:
    """Each check's name and how to ask it: the remedy, or None when all is well."""
    yield "settings", _well
    yield "operator named", lambda: _operator(known)
    yield "platform", lambda: _platform(known)
    for name, account in known.matrix.every.items() if known.matrix else ():
        yield f"matrix account {name}", partial(reached.matrix, account)
    slack = known.slack
    if slack is not None:
        yield "slack app", lambda: reached.slack(slack)
    discord = known.discord
    if discord is not None:
        yield "discord app", lambda: reached.discord(discord)
    mail = known.mail
    if mail is not None:
        yield "mail server", lambda: _told(reached.mail(mail))
    yield "clock", lambda: clock(where)
    yield "key files", lambda: _told(_keys(where))
    yield "database", lambda: _told(_database(where, Chain.MAIN))
    yield "key store", lambda: _told(_database(where, Chain.KEYS))
    yield "keys fit the database", lambda: _told(_fit(where))
    yield "database keeps no traces", lambda: _told(_quiet(where))
    yield "backups", partial(_backups, where)
    for figure, remedy in REMEDIES.items():
        yield f"nothing {figure.value.replace('_', ' ')}", partial(_figure, where, figure, remedy)


async def _well() -> None:
    return None


async def _operator(known: Settings) -> str | None:
    if known.instance.operator == type(known.instance)().operator:
        return "[instance] operator is not set, and workers read it before they write: set it."
    return None


async def _platform(known: Settings) -> str | None:
    enabled = any(getattr(known, name) is not None for name in PLATFORMS)
    return (
        None
        if enabled
        else "none is enabled: add the section [slack], [discord] or [matrix], or [sandbox] to"
        " try it."
    )


async def _told(look: Awaitable[str | None]) -> str | None:
    try:
        return await look
    except CannotStart as reason:
        return str(reason)


async def _keys(where: Where) -> None:
    read_key_files(where.keys)


async def _database(where: Where, chain: Chain) -> str | None:
    """Of one of the two. Where both are empty all is well: the first start makes their tables."""
    at = {one: await revision(url) for _, url, one in both(where)}
    if at[chain] == chain.newest or not any(at.values()):
        return None
    if not at[chain]:
        return (
            "it is empty, and the other one is not: put back the one that belongs to it, or run "
            "`groundswell db upgrade` if it never had one."
        )
    return (
        f"its schema is {at[chain]}, this program's {chain.newest}: run `groundswell db upgrade`."
    )


async def _quiet(where: Where) -> str | None:
    for _, url, _ in both(where):
        engine = open_engine(url)
        try:
            await schema.current(engine)
            if kept := await talkative(engine):
                wanted = ", ".join(f"{name} = {QUIET[name]}" for name in kept)
                return f"its own log would keep too much: set {wanted} in postgresql.conf."
        finally:
            await engine.dispose()
    return None


async def _backups(where: Where) -> str | None:
    """Whether others see them, one lies there that should be gone, or the last one is too long ago, or
    none was ever made although there was time."""
    plan, now = where.backups, SystemClock().now()
    if plan is None:
        return None
    there = plan.to.is_dir()
    if there and (wrong := seen(plan.to)):
        return wrong
    if there and (old := next(outlived(plan.to, now), None)):
        return (
            f"{old.file} {old.why}, and may open what was deleted since: delete it. `groundswell backup` does "
            "so, too."
        )
    last = next((one.at for one in found(plan.to)), None) if there else None
    since = last or _founded(where)
    if plan.every and since and now - since > 2 * timedelta(hours=plan.every):
        which = (
            f"the last is of {last:%Y-%m-%d %H:%M} UTC" if last else f"there is none in {plan.to}"
        )
        return f"{which}: see why none was made, with `groundswell backup`."
    return None


def _founded(where: Where) -> datetime | None:
    """When the installation got its keys, by the file of them that is never changed for another; None
    where that is missing, which is told elsewhere."""
    file = where.keys / FILES[1]
    return datetime.fromtimestamp(file.stat().st_mtime, UTC) if file.is_file() else None


async def _fit(where: Where) -> None:
    vault = vault_in(where.keys, SystemChance())
    database, key_store = open_engine(where.database), open_engine(where.key_store)
    try:
        at = [await schema.current(engine) for engine in (database, key_store)]
        if at == [chain.newest for _, _, chain in both(where)]:
            known = vault.fingerprints().values()
            ours = await schema.one_installation(database, key_store, vault.fingerprint(), known)
            vault.use(ours)
            await schema.fit(database, key_store)
    finally:
        await database.dispose()
        await key_store.dispose()


async def clock(where: Where) -> str | None:
    """Whether this machine's clock is off, as far as the database can tell; its own, where that is
    on another machine, or what has happened already. None of a database that is not ready."""
    engine, ours = open_engine(where.database), MovedClock(SystemClock(), where.data / CLOCK)
    try:
        if await schema.current(engine) != Chain.MAIN.newest:
            return None
        theirs, now = await clock_of(engine), SystemClock().now()
        if theirs is not None and abs(now - theirs) > OFF:
            way = "ahead of" if now > theirs else "behind"
            return (
                f"it is {abs(now - theirs).total_seconds():.0f} seconds {way} the database's: keep "
                "both machines at the right time, for example with NTP."
            )
        async with work_on(engine)() as work:
            if await set_back(work, ours.now()):
                return (
                    "it was set back: a slot has happened that is still to come. Set it right, for "
                    "example with NTP; until it gets there nothing crosses."
                )
    except CannotStart:
        pass  # "database" says why
    finally:
        await engine.dispose()
    return None


def _status(where: Where, database: AsyncEngine, key_store: AsyncEngine) -> Status:
    vault = vault_in(where.keys, SystemChance())
    open_work, keys, clock = (
        work_on(database),
        SqlKeys(key_store),
        MovedClock(SystemClock(), where.data / CLOCK),
    )
    seals = Seals(keys, vault)
    audit = Audit(open_work, seals, vault, SystemChance())
    communities = Communities(open_work, keys, seals, vault, audit, clock)
    return Status(open_work, communities, keys, clock)


async def _figure(where: Where, figure: Figure, remedy: str) -> str | None:
    """One of the figures that the running bot shows too; none of a database that is not ready."""
    database, key_store = open_engine(where.database), open_engine(where.key_store)
    try:
        if await schema.current(database) != Chain.MAIN.newest:
            return None
        status = _status(where, database, key_store)
        count = (await status.figures())[figure]
    except CannotStart:
        return None  # "database" says why
    finally:
        await database.dispose()
        await key_store.dispose()
    things = "thing" if count == 1 else "things"
    return f"{count} {things} could not be {remedy}." if count else None
