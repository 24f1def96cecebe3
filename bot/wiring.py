"""The one module that knows every room: it builds the bot from its parts."""

import fcntl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import adapters
import bot
import storage
from adapters.charts.process import SubprocessCharts
from adapters.vault import FileVault, read_key_files
from bot.chat import Caller, Card, Here, Voice
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
from bot.domain.communities.edits import Destined, Left, Offered, Roomed, Trusted
from bot.heartbeat import Agenda, Beat, Each, Heartbeat
from bot.ports import (
    MAIL,
    CastBallots,
    Chance,
    Charts,
    Clock,
    Installation,
    Keys,
    Log,
    Noted,
    OpenWork,
    Post,
    Stored,
    What,
)
from bot.postman import Postman
from bot.services.cases.climbing import Climbing
from bot.services.cases.desk import Cases
from bot.services.cases.handing import Handing
from bot.services.cases.still import Still
from bot.services.communities import Communities
from bot.services.communities.accounts import Accounts
from bot.services.communities.changing import Changing, Effects
from bot.services.communities.codes import Codes
from bot.services.communities.duty import Duty
from bot.services.communities.findings import Findings
from bot.services.communities.forsaken import Forsaken
from bot.services.communities.founding import Founding
from bot.services.communities.meeting import Meeting
from bot.services.communities.rehearsal import Rehearsal
from bot.services.communities.roles import Roles
from bot.services.communities.watch import Watch
from bot.services.digests.destination import Destination
from bot.services.digests.files import DigestFiles
from bot.services.digests.sending import Sending
from bot.services.digests.setting import Setting
from bot.services.digests.telling import Telling
from bot.services.grievances.filing import Filing
from bot.services.grievances.release import Release
from bot.services.grievances.visits import Visits
from bot.services.notices import ROOM_DELAY, Notices
from bot.services.pictures import Pictures
from bot.services.polls.ballots import Ballots
from bot.services.polls.closing import Closing
from bot.services.polls.comments import Comments
from bot.services.polls.opening import Opening
from bot.services.polls.reading import Reading
from bot.services.privacy.audit import Audit
from bot.services.privacy.drafts import Drafts
from bot.services.privacy.forgetting import Forgetting
from bot.services.privacy.kept import Kept
from bot.services.privacy.limits import Limits
from bot.services.privacy.marks import Marks
from bot.services.privacy.retention import Retention
from bot.services.privacy.sealing import CaseFiles
from bot.services.privacy.seals import Seals
from bot.services.status import Status
from bot.settings import CannotStart, Settings, Where
from storage.engine import open_engine, single, talkative
from storage.keys import SqlKeys
from storage.polls import casting
from storage.schema import Chain, paired, same_keys, upgrade
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
    beside: Callable[[OpenWork], Mapping[str, Post]] | None = None,
) -> AsyncIterator[Bot]:
    """The bot on its two databases, brought to today's schema, for as long as the block lasts.

    ``room_delay``: how long after a slot its rooms are told. ``charts``: what draws; unless it is
    handed in, a process of the bot's own. ``beside``: makes further posts, of platforms that must
    remember something, one thing at a time. Raises CannotStart.
    """
    own_packages()
    vault = FileVault(read_key_files(where.keys), chance)
    database, key_store = open_engine(where.database), open_engine(where.key_store)
    own_charts = SubprocessCharts()  # starts nothing before the first picture
    try:
        await upgrade(database, Chain.MAIN)
        await upgrade(key_store, Chain.KEYS)
        await same_keys(database, vault.fingerprint())
        await same_keys(key_store, vault.fingerprint(), "key store")
        await paired(database, key_store, chance.bytes(16))
        for setting in [*await talkative(database), *await talkative(key_store)]:
            log.note(Noted.WARNED, kind="database", place=setting)
        keys = SqlKeys(key_store)
        scrubs = (
            Beat("database.scrub", partial(scrub, database)),
            Beat("keys.scrub", partial(scrub, key_store)),
        )
        async with casting(database) as cast:
            open_work, glance = work_on(database), work_on(single(database))
            every = {**posts, **(beside(glance) if beside else {})}
            yield _assembled(
                open_work,
                glance,
                Agenda(glance, clock),
                cast,
                keys,
                scrubs,
                vault,
                us,
                every,
                clock,
                chance,
                log,
                room_delay,
                Pictures(charts or own_charts, log),
            )
    finally:
        await own_charts.close()
        await database.dispose()
        await key_store.dispose()


def _assembled(
    open_work: OpenWork,
    glance: OpenWork,
    agenda: Agenda,
    cast: CastBallots,
    keys: Keys,
    scrubs: tuple[Beat, ...],
    vault: FileVault,
    us: Installation,
    posts: Mapping[str, Post],
    clock: Clock,
    chance: Chance,
    log: Log,
    room_delay: timedelta,
    pictures: Pictures,
) -> Bot:
    seals = Seals(keys, vault)
    audit = Audit(open_work, seals, vault, chance)
    notices = Notices(seals, vault, chance, clock, room_delay)
    communities = Communities(open_work, keys, seals, vault, audit, notices, clock, glance)
    files, drafts = CaseFiles(keys, vault, chance), Drafts(keys, vault, clock, chance)
    limits, retention = Limits(clock, chance), Retention(open_work, keys, clock, log)
    marks = Marks(open_work, keys, vault, clock)
    climbing = Climbing(open_work, communities, files, notices, clock, log)
    cases = Cases(open_work, files, marks, audit, clock)
    handing = Handing(open_work, cases, climbing, notices, clock, chance)
    release = Release(
        open_work,
        communities,
        files,
        keys,
        climbing,
        notices,
        audit,
        retention,
        clock,
        chance,
        log,
    )
    filing = Filing(open_work, glance, files, drafts, limits, release, clock, chance)
    visits = Visits(open_work, communities, files, keys, drafts, limits, release, clock)
    roles = Roles(open_work, communities, drafts, notices, clock, chance)
    codes = Codes(drafts, limits, clock, chance)
    accounts = Accounts(open_work, communities, codes, notices, clock)
    digests = DigestFiles(seals, vault, log)
    sending = Sending(
        open_work, communities, digests, files, notices, clock, log, mails=MAIL in posts
    )
    destination = Destination(digests, sending, notices)
    effects: Effects = {
        Offered.kind: roles.send,
        Destined.kind: destination.hold,
        **dict.fromkeys((Roomed.kind, Trusted.kind, Left.kind), destination.look_again),
    }
    changing = Changing(open_work, communities, notices, clock, chance, effects)
    founding = Founding(open_work, communities, changing, codes, clock, chance)
    findings = Findings(open_work, posts, clock)
    rehearsal = Rehearsal(open_work, communities, notices, limits, clock, chance)
    meeting = Meeting(open_work, communities, drafts, codes, posts, clock, chance)
    status = Status(open_work, communities, keys, clock)
    comments = Comments(open_work, keys, vault, clock)
    reading = Reading(open_work, comments, clock)
    ballots = Ballots(open_work, cast, keys, vault, clock)
    opening = Opening(
        open_work, communities, drafts, keys, vault, marks, notices, audit, clock, chance
    )
    watch = Watch(open_work, communities, notices, opening.begin, clock)
    forgetting = Forgetting(open_work, keys, clock)
    forsaken = Forsaken(open_work, communities, forgetting, clock)
    closing = Closing(
        open_work, communities, keys, vault, comments, notices, audit, clock, chance, log
    )
    telling = Telling(open_work, digests, reading, clock)
    setting = Setting(
        open_work, communities, changing, digests, sending, destination, telling, audit, clock
    )

    def label(here: Here) -> Card:
        """What workers read before they write."""
        return filing_commands.label_card(here, us, filing.next_release(here))

    commands = (
        *filing_commands.commands(filing, us),
        *draft_commands.commands(drafts, filing, visits),
        *visit_commands.commands(visits),
        *case_commands.commands(cases, handing),
        *privacy_commands.commands(audit),
        *duty_commands.commands(Duty(open_work, communities, marks, notices, clock, chance)),
        *staff_commands.commands(roles, accounts, founding),
        *change_commands.commands(changing),
        *settings_commands.commands(changing),
        *default_commands.commands(changing),
        *first_pulse_commands.commands(changing),
        *setup_commands.commands(founding, findings, rehearsal, label),
        *answer_commands.commands(ballots, reading),
        *asking_commands.commands(opening, closing, reading),
        *result_commands.commands(reading, opening),
        *digest_commands.commands(setting),
        *about_commands.commands(us),
    )
    every = (*commands, about_commands.help_command(commands))
    door = Door(meeting, every, pictures, log, Voice(us.language))
    beats: tuple[Beat | Each[Any], ...] = (
        Each("polls.close", What.CLOSE, closing.waiting, closing.due),
        Each("polls.waves", What.WAVE, opening.waiting, opening.due),
        Beat("ballots.settle", ballots.settle),
        Beat("polls.tidy", closing.tidy),
        Beat("release.calm", release.calm, What.SLOT),
        Each("release.due", What.SLOT, release.waiting, release.happen),
        Beat("keys.strays", release.look_for_strays),
        Each("climbing.due", What.LOOK, climbing.waiting, climbing.due),
        Each("communities.forsaken", What.DUTY, watch.waiting, forsaken.due),
        Each("communities.watch_due", What.DUTY, watch.waiting, watch.due),
        Each("communities.changes", What.CHANGE, changing.waiting, changing.due),
        Beat("communities.let_go", communities.let_go),
        Each("digests.due", What.DIGEST, sending.waiting, sending.due),
        Beat("drafts.forget", retention.forget_drafts),
        Beat("marks.forget", marks.forget),
        Beat("outbox.forget", status.forget),
        *scrubs,
    )
    still = Still(files, notices, clock)
    postman = Postman(
        open_work,
        communities,
        notices,
        roles,
        still,
        reading,
        telling,
        cases,
        pictures,
        posts,
        clock,
        log,
    )
    kept = Kept(open_work, keys, drafts, files)
    beat = Heartbeat(beats, agenda.due, log)
    return Bot(door, communities, meeting, founding, beat, postman, kept, roles, status, posts)


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
