"""The one module that knows every room: it opens the databases, and joins the bot from its parts.

What people can do is a list here, and what is asked when one in ``heartbeat``: nothing registers
itself.
"""

import fcntl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import adapters
import bot
import storage
from adapters import urls
from adapters.chance import SystemChance
from adapters.charts.process import SubprocessCharts
from adapters.clock import SystemClock
from adapters.logs import stderr_log
from adapters.vault import make_key_files, vault_in
from bot.backups import before_migration
from bot.chat import Caller, Card, Command, Here, Voice
from bot.commands import cases as case_commands
from bot.commands import privacy as privacy_commands
from bot.commands.communities import about as about_commands
from bot.commands.communities import changes as change_commands
from bot.commands.communities import defaults as default_commands
from bot.commands.communities import duty as duty_commands
from bot.commands.communities import first_pulse as first_pulse_commands
from bot.commands.communities import setting_up as setup_commands
from bot.commands.communities import settings as settings_commands
from bot.commands.communities import staff as staff_commands
from bot.commands.digests import setting as digest_commands
from bot.commands.grievances import drafts as draft_commands
from bot.commands.grievances import filing as filing_commands
from bot.commands.grievances import visits as visit_commands
from bot.commands.polls import answering as answer_commands
from bot.commands.polls import asking as asking_commands
from bot.commands.polls import results as result_commands
from bot.dispatch import Door
from bot.heartbeat import Agenda, Beat, Heartbeat, beats
from bot.letters import Letters
from bot.parts import Given, Parts
from bot.ports import (
    Chance,
    Charts,
    Clock,
    Installation,
    Log,
    Noted,
    OpenWork,
    Post,
    Stored,
    Vault,
)
from bot.postman import Postman
from bot.regularly import Regularly
from bot.services.communities import Communities
from bot.services.communities.founding import Founding
from bot.services.communities.meeting import Meeting
from bot.services.communities.roles import Roles
from bot.services.notices import ROOM_DELAY
from bot.services.pictures import Pictures
from bot.services.privacy.kept import Kept
from bot.services.status import Status
from bot.settings import CannotStart, Settings, Where, at
from storage.engine import open_engine, single, talkative
from storage.keys import SqlKeys
from storage.polls import casting
from storage.schema import Chain, one_installation, paired, upgrade
from storage.scrubbing import scrub
from storage.work import work_on


@dataclass(frozen=True, slots=True)
class Bot:
    """The whole bot on one database: its door, its heartbeat, its postman."""

    door: Door
    communities: Communities
    meeting: Meeting
    founding: Founding
    heartbeat: Heartbeat
    postman: Postman
    kept: Kept
    roles: Roles
    status: Status
    posts: Mapping[str, Post]

    async def tick(self) -> None:
        """Let everything that is due happen, and say what it has to say."""
        await self.heartbeat.tick()
        await self.postman.drain()

    async def stored(self, caller: Caller, subject: str) -> list[Stored]:
        """The rows of the case that a button before this caller is about."""
        here = await self.meeting.meet(caller, subject)
        return await self.kept.of(here, subject) if isinstance(here, Here) else []


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
                f"Groundswell runs on {data} already: stop that process first, or use PostgreSQL "
                "for the database and the key store."
            ) from None
        yield


def alone_unless_shared(where: Where) -> AbstractContextManager[None]:
    """Hold the lock of an installation that has room for one process alone. Raises CannotStart."""
    return nullcontext() if where.shared else alone(where.data)


@asynccontextmanager
async def groundswell(
    where: Where,
    us: Installation,
    posts: Mapping[str, Post],
    clock: Clock,
    chance: Chance,
    log: Log,
    *,
    room_delay: timedelta = ROOM_DELAY,
    charts: Charts | None = None,
    beside: Callable[[OpenWork, Vault], Mapping[str, Post]] | None = None,
) -> AsyncIterator[Bot]:
    """The bot on its two databases, brought to today's schema, for as long as the block lasts.

    ``room_delay``: how long after a slot its rooms are told. ``charts``: what draws; unless it is
    handed in, a process of the bot's own. ``beside``: makes further posts, of platforms that must
    remember something, one thing at a time. Raises CannotStart.
    """
    own_packages()
    urls.keep_none()
    vault = vault_in(where.keys, chance)
    database, key_store = open_engine(where.database), open_engine(where.key_store)
    own_charts = SubprocessCharts()  # starts nothing before the first picture
    try:
        if await before_migration(where, database, key_store, clock.now(), chance, _untold) is None:
            log.note(Noted.WARNED, kind="backup", place="migration")
        await upgrade(database, Chain.MAIN)
        await upgrade(key_store, Chain.KEYS)
        await paired(database, key_store, chance.bytes(16))
        known = vault.fingerprints().values()
        ours = await one_installation(database, key_store, vault.fingerprint(), known)
        vault.use(ours)
        for setting in [*await talkative(database), *await talkative(key_store)]:
            log.note(Noted.WARNED, kind="database", place=setting)
        newer = vault.look_again
        keys = SqlKeys(key_store, newer)
        async with casting(database) as cast:
            open_work, glance = work_on(database, newer), work_on(single(database), newer)
            regularly = Regularly(where, open_work, clock, chance, log)
            besides = (
                Beat("backups.tidy", regularly.tidy),
                Beat("backups.make", regularly.due),
                Beat("database.scrub", partial(scrub, database)),
                Beat("keys.scrub", partial(scrub, key_store)),
            )
            every = {**posts, **(beside(glance, vault) if beside else {})}
            given = Given(
                open_work, glance, cast, keys, vault, every, clock, chance, log, room_delay
            )
            yield _assembled(given, besides, us, Pictures(charts or own_charts, log))
    finally:
        await own_charts.close()
        await database.dispose()
        await key_store.dispose()


def _untold(what: str, done: int) -> None:
    """A start tells nobody how far it is."""


def _assembled(to: Given, besides: tuple[Beat, ...], us: Installation, pictures: Pictures) -> Bot:
    parts = Parts(to)
    one, cases, polls, ours = parts.shared, parts.cases, parts.polls, parts.communities
    commands = _commands(parts, us)
    door = Door(ours.meeting, ours.places, commands, pictures, to.log, Voice(us.language))
    agenda = Agenda(to.glance, to.clock)
    beat = Heartbeat((*beats(parts), *besides), agenda.due, to.log)
    letters = Letters(
        to.open_work,
        one.communities,
        one.notices,
        ours.roles,
        cases.still,
        polls.reading,
        ours.telling,
        cases.desk,
        pictures,
        to.posts,
    )
    postman = Postman(to.open_work, one.communities, letters, to.posts, to.clock, to.log)
    return Bot(
        door,
        one.communities,
        ours.meeting,
        ours.founding,
        beat,
        postman,
        cases.kept,
        ours.roles,
        ours.status,
        to.posts,
    )


def _commands(parts: Parts, us: Installation) -> tuple[Command, ...]:
    """All that people can do."""
    one, cases, polls, ours = parts.shared, parts.cases, parts.polls, parts.communities

    def label(here: Here) -> Card:
        """What workers read before they write."""
        return filing_commands.label_card(here, us, cases.filing.next_release(here))

    commands = (
        *filing_commands.commands(cases.filing, us),
        *draft_commands.commands(one.drafts, cases.filing, cases.messages),
        *visit_commands.commands(cases.visits, cases.messages),
        *case_commands.commands(cases.desk, cases.handing),
        *privacy_commands.commands(one.audit),
        *duty_commands.commands(ours.duty),
        *staff_commands.commands(ours.roles, ours.accounts, ours.founding),
        *change_commands.commands(ours.changing),
        *settings_commands.commands(ours.changing),
        *default_commands.commands(ours.changing),
        *first_pulse_commands.commands(ours.changing),
        *setup_commands.commands(ours.founding, ours.findings, ours.rehearsal, label),
        *answer_commands.commands(polls.ballots, polls.reading),
        *asking_commands.commands(polls.opening, polls.closing, polls.reading),
        *result_commands.commands(polls.reading, polls.opening),
        *digest_commands.commands(ours.setting),
        *about_commands.commands(us),
    )
    return (*commands, about_commands.help_command(commands))


async def every_command(known: Settings) -> tuple[Command, ...]:
    """All that people can do, to be told to a platform: asked over an empty memory that is thrown away."""
    with TemporaryDirectory() as folder:
        where = at(Path(folder) / "data", Path(folder) / "keys")
        where.data.mkdir()
        make_key_files(where.keys, SystemChance())
        us, log = installation(known), stderr_log(level="error")
        async with groundswell(where, us, {}, SystemClock(), SystemChance(), log) as made:
            return made.door.commands


def installation(known: Settings) -> Installation:
    """Who runs this copy, as the settings name them."""
    told = known.instance
    return Installation(
        told.name,
        told.operator,
        told.contact,
        told.external_door,
        told.identity_page,
        told.language,
    )
