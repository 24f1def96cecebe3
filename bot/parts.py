"""The services of one bot, noun by noun: each is handed all that it works with, and looks for nothing.

Knows neither databases nor platforms. What people can do with these, and what is asked of them when,
``wiring`` joins.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.communities.edits import Destined, Left, Offered, Roomed, Trusted
from bot.ports import MAIL, CastBallots, Chance, Clock, Keys, Log, OpenWork, Post, Vault
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
from bot.services.communities.places import Places
from bot.services.communities.rehearsal import Rehearsal
from bot.services.communities.roles import Roles
from bot.services.communities.watch import Watch
from bot.services.digests.destination import Destination
from bot.services.digests.files import DigestFiles
from bot.services.digests.sending import Sending
from bot.services.digests.setting import Setting
from bot.services.digests.telling import Telling
from bot.services.grievances.filing import Filing
from bot.services.grievances.messages import Messages
from bot.services.grievances.receipts import Receipts
from bot.services.grievances.release import Release
from bot.services.grievances.visits import Visits
from bot.services.notices import Notices
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


@dataclass(frozen=True, slots=True)
class Given:
    """What the services ask of the world. ``glance``: for one statement that only reads; ``cast``:
    keeps ballots in batches; ``room_delay``: how long after a slot its rooms are told."""

    open_work: OpenWork
    glance: OpenWork
    cast: CastBallots
    keys: Keys
    vault: Vault
    posts: Mapping[str, Post]
    clock: Clock
    chance: Chance
    log: Log
    room_delay: timedelta


class Shared:
    """What the services of every noun work with."""

    def __init__(self, to: Given) -> None:
        self.seals = Seals(to.keys, to.vault)
        self.audit = Audit(to.open_work, self.seals, to.vault, to.chance)
        self.notices = Notices(self.seals, to.vault, to.chance, to.clock, to.room_delay)
        self.communities = Communities(
            to.open_work, to.keys, self.seals, to.vault, self.audit, to.clock, to.glance
        )
        self.files = CaseFiles(to.keys, to.vault, to.chance)
        self.drafts = Drafts(to.keys, to.vault, to.clock, to.chance)
        self.limits = Limits(to.clock, to.chance)
        self.marks = Marks(to.open_work, to.keys, to.vault, to.clock)
        self.codes = Codes(self.drafts, self.limits, to.clock, to.chance)


class OfCases:
    """From the form of a grievance to the end of its case."""

    def __init__(self, to: Given, one: Shared) -> None:
        held = (to.open_work, one.communities, one.files)
        self.climbing = Climbing(*held, one.notices, to.clock, to.log)
        self.desk = Cases(to.open_work, one.files, one.marks, one.audit, to.clock)
        self.handing = Handing(
            to.open_work, self.desk, self.climbing, one.notices, to.clock, to.chance
        )
        self.still = Still(one.files, one.notices, to.clock)
        self.retention = Retention(to.open_work, to.keys, to.clock, to.log)
        self.release = Release(
            *held,
            to.keys,
            self.climbing,
            one.notices,
            one.audit,
            self.retention,
            to.clock,
            to.chance,
            to.log,
        )
        self.filing = Filing(
            to.open_work,
            to.glance,
            one.files,
            one.drafts,
            one.limits,
            self.release,
            to.clock,
            to.chance,
        )
        receipts = Receipts(one.communities, one.files, self.release, to.clock)
        self.visits = Visits(to.open_work, receipts, to.keys, one.drafts, to.clock)
        self.messages = Messages(
            to.open_work, self.visits, receipts, one.drafts, one.limits, to.clock
        )
        self.kept = Kept(to.open_work, to.keys, one.drafts, one.files)


class OfPolls:
    def __init__(self, to: Given, one: Shared) -> None:
        comments = Comments(to.open_work, to.keys, to.vault, to.clock)
        self.reading = Reading(to.open_work, comments, to.clock)
        self.ballots = Ballots(to.open_work, to.cast, to.keys, to.vault, to.clock)
        self.opening = Opening(
            to.open_work,
            one.communities,
            one.drafts,
            to.keys,
            to.vault,
            one.marks,
            one.notices,
            one.audit,
            to.clock,
            to.chance,
        )
        self.closing = Closing(
            to.open_work,
            one.communities,
            to.keys,
            to.vault,
            comments,
            one.notices,
            one.audit,
            to.clock,
            to.chance,
            to.log,
        )


class OfCommunities:
    """What is about the community itself, and its digests, of which some changes are."""

    def __init__(self, to: Given, one: Shared, polls: OfPolls) -> None:
        held = (to.open_work, one.communities)
        drawn = (to.clock, to.chance)
        self.roles = Roles(*held, one.drafts, one.notices, *drawn)
        self.accounts = Accounts(*held, one.codes, one.notices, to.clock)
        self.duty = Duty(*held, one.marks, one.notices, *drawn)
        files = DigestFiles(one.seals, to.vault, to.log)
        self.sending = Sending(
            *held, files, one.files, one.notices, to.clock, to.log, mails=MAIL in to.posts
        )
        destination = Destination(files, self.sending, one.notices)
        self.telling = Telling(to.open_work, files, polls.reading, to.clock)
        effects = _effects(self.roles, destination)
        self.changing = Changing(*held, one.notices, *drawn, effects)
        self.setting = Setting(
            *held,
            self.changing,
            files,
            self.sending,
            destination,
            self.telling,
            one.audit,
            to.clock,
        )
        self.founding = Founding(*held, self.changing, one.codes, *drawn)
        self.findings = Findings(to.open_work, to.posts, to.clock, mails=MAIL in to.posts)
        self.rehearsal = Rehearsal(*held, one.notices, one.limits, *drawn)
        self.meeting = Meeting(*held, one.drafts, one.codes, to.posts, *drawn)
        self.places = Places(*held, one.seals, one.notices, to.clock)
        self.watch = Watch(*held, one.notices, polls.opening.begin, to.clock)
        forgetting = Forgetting(to.open_work, to.keys, to.clock)
        self.forsaken = Forsaken(*held, forgetting, to.clock)
        self.status = Status(*held, to.keys, to.clock)


def _effects(roles: Roles, destination: Destination) -> Effects:
    """What a change does beyond the community's own rows."""
    looked_at = (Roomed.kind, Trusted.kind, Left.kind)
    return {
        Offered.kind: roles.send,
        Destined.kind: destination.hold,
        **dict.fromkeys(looked_at, destination.look_again),
    }


class Parts:
    """All of them."""

    def __init__(self, to: Given) -> None:
        self.shared = Shared(to)
        self.cases = OfCases(to, self.shared)
        self.polls = OfPolls(to, self.shared)
        self.communities = OfCommunities(to, self.shared, self.polls)
