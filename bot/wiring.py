"""The one module that knows every room: it builds the bot from its parts."""

import fcntl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import adapters
import bot
import storage
from adapters.vault import FileVault, read_key_files
from bot.commands import cases as case_commands
from bot.commands import communities as community_commands
from bot.commands.grievances import drafts as draft_commands
from bot.commands.grievances import filing as filing_commands
from bot.commands.grievances import visits as visit_commands
from bot.dispatch import Door
from bot.domain.cases import NUMBER_ALPHABET
from bot.heartbeat import Beat, Heartbeat
from bot.ports import Chance, Clock, Installation, Keys, Log, Noted, OpenWork, Post
from bot.postman import Postman
from bot.services.cases import Cases
from bot.services.communities import Communities
from bot.services.grievances.filing import Filing
from bot.services.grievances.release import Release
from bot.services.grievances.visits import Visits
from bot.services.privacy.drafts import Drafts
from bot.services.privacy.kept import Kept
from bot.services.privacy.limits import Limits
from bot.services.privacy.marks import Marks
from bot.services.privacy.retention import Retention
from bot.services.privacy.sealing import CaseFiles
from bot.settings import CannotStart, Settings, Where
from bot.texts import Speaker
from storage.engine import open_engine, scrub, talkative
from storage.keys import SqlKeys
from storage.schema import Chain, same_keys, upgrade
from storage.work import work_on

if TYPE_CHECKING:
    from aiohttp import web

TICK_SECONDS = 1.0  #: between two questions of what is due


@dataclass(frozen=True, slots=True)
class Bot:
    """The whole bot on one database: its door, its heartbeat, its postman."""

    door: Door
    communities: Communities
    heartbeat: Heartbeat
    postman: Postman
    kept: Kept

    async def tick(self) -> None:
        """Let everything that is due happen, and say what it has to say."""
        await self.heartbeat.tick()
        await self.postman.drain()


def own_packages() -> None:
    """Refuse to run on somebody else's ``adapters`` or ``storage``, so common are the names."""
    home = Path(bot.__file__).resolve().parent.parent
    for package in (adapters, storage):
        file = Path(str(package.__file__)).resolve()
        if file.parent.parent != home:
            raise CannotStart(
                f"The package {package.__name__} was imported from {file.parent}, which is not "
                "Groundswell's: install Groundswell into an environment of its own."
            )


@contextmanager
def alone(data: Path) -> Iterator[None]:
    """Hold the installation's lock. It dies with the process. Raises CannotStart."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotStart(
                f"Groundswell runs on {data} already: stop that process first, or use PostgreSQL."
            ) from None
        yield


@asynccontextmanager
async def groundswell(
    where: Where,
    us: Installation,
    posts: Mapping[str, Post],
    clock: Clock,
    chance: Chance,
    log: Log,
) -> AsyncIterator[Bot]:
    """The bot on its two databases, brought to today's schema, for as long as the block lasts.

    Raises CannotStart.
    """
    own_packages()
    vault = FileVault(read_key_files(where.keys), chance)
    database, key_store = open_engine(where.database), open_engine(where.key_store)
    try:
        await upgrade(database, Chain.MAIN)
        await upgrade(key_store, Chain.KEYS)
        await same_keys(database, vault.fingerprint())
        for setting in [*await talkative(database), *await talkative(key_store)]:
            log.note(Noted.WARNED, kind="database", place=setting)
        keys = SqlKeys(key_store)
        scrubs = (
            Beat("database.scrub", partial(scrub, database)),
            Beat("keys.scrub", partial(scrub, key_store)),
        )
        yield _assembled(work_on(database), keys, scrubs, vault, us, posts, clock, chance, log)
    finally:
        await database.dispose()
        await key_store.dispose()


def _assembled(
    open_work: OpenWork,
    keys: Keys,
    scrubs: tuple[Beat, ...],
    vault: FileVault,
    us: Installation,
    posts: Mapping[str, Post],
    clock: Clock,
    chance: Chance,
    log: Log,
) -> Bot:
    communities = Communities(open_work, vault, clock)
    files, drafts = CaseFiles(keys, vault, chance), Drafts(keys, vault, clock, chance)
    limits, retention = Limits(clock, chance), Retention(open_work, keys, clock, log)
    marks = Marks(open_work, keys, vault, clock)
    release = Release(open_work, communities, files, keys, retention, clock, chance, log)
    filing = Filing(open_work, files, drafts, limits, release, clock, chance)
    visits = Visits(open_work, communities, files, keys, drafts, limits, release, clock)
    commands = (
        *filing_commands.commands(filing, us),
        *draft_commands.commands(filing, visits),
        *visit_commands.commands(visits),
        *case_commands.commands(Cases(open_work, files, marks, clock)),
        *community_commands.commands(us),
    )
    door = Door(communities, (*commands, community_commands.help_command(commands)), log)
    beats = (
        Beat("release.due", release.due),
        Beat("drafts.forget", retention.forget_drafts),
        Beat("marks.forget", marks.forget),
        *scrubs,
    )
    postman = Postman(open_work, communities, posts, clock, log)
    kept = Kept(open_work, keys, drafts, files)
    return Bot(door, communities, Heartbeat(beats, log), postman, kept)


@asynccontextmanager
async def sandbox(
    where: Where, us: Installation, port: int, *, empty: bool, log: Log
) -> AsyncIterator[str]:
    """The bot with a chat of its own in a browser page; gives the page's address.

    ``port`` 0 takes any free one. Founds the seeded community at the first start and finds it at
    the next. Raises CannotStart.
    """
    from aiohttp import web

    from adapters.chance import SystemChance
    from adapters.clock import SystemClock
    from adapters.sandbox import people
    from adapters.sandbox.acts import Acts
    from adapters.sandbox.app import SandboxApp
    from adapters.sandbox.crowd import Crowd
    from adapters.sandbox.story import Story
    from adapters.sandbox.time import MovedClock, SandboxTime
    from adapters.sandbox.town import Town
    from adapters.scheduler import Ticker

    chance, clock = SystemChance(), MovedClock(SystemClock(), where.data / "clock.json")
    town = Town(Speaker("en", "UTC", "/"))
    posts = {people.PLATFORM: town}
    async with groundswell(where, us, posts, clock, chance, log) as bot_:
        time = SandboxTime(clock, bot_.tick, bot_.communities.coming)
        crowd = Crowd(bot_.door, chance)
        if not await bot_.communities.ids():
            if not empty:
                clock.run_from(clock.now() - people.STORY_BEGAN)
            new = people.community(
                lambda: chance.bytes(16).hex(), _code(chance), clock.now().replace(microsecond=0)
            )
            await bot_.communities.found(new)
            if not empty:
                await Story(town, Acts(town, bot_.door), crowd, time).tell()
        await time.to_the_present()
        await time.tick()
        (home,) = await bot_.communities.ids()
        app = SandboxApp(
            town,
            bot_.door,
            crowd,
            time,
            clock,
            bot_.postman.drain,
            lambda subject: bot_.kept.of(home, subject),
        )
        runner = web.AppRunner(app.application(), access_log=None, shutdown_timeout=2.0)
        await runner.setup()
        ticker = Ticker(time.tick, TICK_SECONDS)
        try:
            address = await _listen(runner, port)
            ticker.start()
            yield address
        finally:
            await ticker.stop()
            await runner.cleanup()


async def _listen(runner: "web.AppRunner", port: int) -> str:
    from aiohttp import web

    site = web.TCPSite(runner, "127.0.0.1", port)
    try:
        await site.start()
    except OSError:
        raise CannotStart(
            f"Port {port} on this machine is taken: choose another with --port or [sandbox] port."
        ) from None
    taken = runner.addresses[0][1]
    return f"http://127.0.0.1:{taken}/"


def _code(chance: Chance) -> str:
    """A community's code: eight letters and digits that are hard to misread."""
    return "".join(NUMBER_ALPHABET[byte % len(NUMBER_ALPHABET)] for byte in chance.bytes(8))


def installation(known: Settings) -> Installation:
    """Who runs this copy, as the settings name them."""
    told = known.instance
    return Installation(
        told.name, told.operator, told.contact, told.external_door, told.identity_page
    )
