"""The tables: the whole of what is ever written down. Read this before trusting us.

Two databases. The first holds sealed rows; the second, the key store, holds what opens them and
lies apart, outside all long backups. Each column says why it may exist. No row tells order or
moment of a worker's act: keys are random, tables that workers cause have no rowid on SQLite, there
is no created_at, and every time is a slot's, a full half hour's, or staff's own.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime as whole seconds since 1970, the same on both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value.timestamp())

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromtimestamp(value, UTC)


def _id() -> String:
    return String(32)


def _column(name: str, type_: Any, *args: Any, why: str, null: bool = False, **more: Any) -> Any:
    return Column(name, type_, *args, nullable=null, info={"why": why}, **more)


metadata = MetaData()

communities = Table(
    "communities",
    metadata,
    _column("id", _id(), primary_key=True, why="random"),
    _column("name", Text, why="chosen by moderators, shown to everyone"),
    _column("code", String(16), why="what a worker types to be led here"),
    _column(
        "settings",
        JSON,
        why="calendar, categories, policy, retention, words, the first pulse, as moderators set them",
    ),
    _column("revision", Integer, why="counts changes, so that a process may remember the rest"),
    _column("next_slot", Moment, null=True, why="the slot it waits for, so that a tick is cheap"),
    _column("next_watch", Moment, null=True, why="the next handover or end of a role, likewise"),
    UniqueConstraint("code", name="uq_communities_code"),
    Index("ix_communities_next_slot", "next_slot"),
    Index("ix_communities_next_watch", "next_watch"),
)

spaces = Table(
    "spaces",
    metadata,
    _column("id", _id(), primary_key=True, why="random"),
    _column("community", _id(), ForeignKey("communities.id"), why="whose place it is"),
    _column("mark", LargeBinary, why="keyed hash of platform and address: how it is found"),
    _column("platform", String(16), why="which adapter speaks there"),
    _column("address", Text, why="the platform's id of the place; no person's"),
    _column("name", Text, why="as its members call it"),
    _column("trust", String(16), why="whether an employer can read it, or that nobody said"),
    _column("rooms", JSON, why="the shared rooms the bot speaks in"),
    _column("gone", Moment, null=True, why="since when the platform lets us in no more"),
    _column("via", Text, null=True, why="which of the bot's own accounts is believed about it"),
    UniqueConstraint("mark", name="uq_spaces_mark"),
    Index("ix_spaces_community", "community"),
)

staff = Table(
    "staff",
    metadata,
    _column("id", _id(), primary_key=True, why="random; staff accepted a role"),
    _column("community", _id(), ForeignKey("communities.id"), why="where the role is held"),
    _column("named", Boolean, why="whether they agreed to be named in employer-owned spaces"),
    _column("sealed_name", LargeBinary, why="their name, sealed under the community's key"),
    _column(
        "sealed_hours", LargeBinary, null=True, why="their zone and quiet hours, sealed likewise"
    ),
    Index("ix_staff_community", "community"),
)

grants = Table(
    "grants",
    metadata,
    _column("staff", _id(), ForeignKey("staff.id"), primary_key=True, why="who accepted it"),
    _column("role", String(16), primary_key=True, why="which role"),
    _column("begins", Moment, why="when it was accepted"),
    _column("ends", Moment, why="when it ends: its holder is told before"),
)

duty_changes = Table(
    "duty_changes",
    metadata,
    _column("id", _id(), primary_key=True, why="random; an offer's buttons carry it"),
    _column("community", _id(), ForeignKey("communities.id"), why="whose rota"),
    _column("staff", _id(), ForeignKey("staff.id"), why="the rep whose own duty it changes"),
    _column("lies", String(16), why="on, off, away, or offered to others"),
    _column("begins", Moment, why="from when, as the rep said"),
    _column("ends", Moment, why="until when; forgotten after that"),
    Index("ix_duty_changes_community", "community"),
)

pending_changes = Table(
    "pending_changes",
    metadata,
    _column("id", _id(), primary_key=True, why="random; its buttons carry it"),
    _column("community", _id(), ForeignKey("communities.id"), why="what it would change"),
    _column("due", Moment, why="when it holds, lapses or is told no more"),
    _column(
        "sealed", LargeBinary, why="what is to be otherwise, and which moderators say so, sealed"
    ),
    Index("ix_pending_changes_community", "community"),
    Index("ix_pending_changes_due", "due"),
)

accounts = Table(
    "accounts",
    metadata,
    _column(
        "mark",
        LargeBinary,
        primary_key=True,
        why="hash of a staff account under the community's key: which of theirs a notice goes to",
    ),
    _column("staff", _id(), ForeignKey("staff.id"), primary_key=True, why="whose account"),
    _column(
        "sealed",
        LargeBinary,
        why="the address notices go to, and by what its platform proves who acts, sealed likewise",
    ),
    Index("ix_accounts_staff", "staff"),
)

waiting = Table(
    "waiting",
    metadata,
    _column("id", _id(), primary_key=True, why="random, drawn with the draft"),
    _column("community", _id(), why="whose slot it waits for"),
    _column("slot", Moment, why="when it crosses: the same for all since the last slot"),
    _column("lookup", LargeBinary, null=True, why="keyed hash of the receipt, for a case alone"),
    _column("key", _id(), why="what waiting rows call the key that opens it"),
    _column("sealed", LargeBinary, why="the words, padded, under the case's own key"),
    UniqueConstraint("lookup", name="uq_waiting_lookup"),
    Index("ix_waiting_community_slot", "community", "slot"),
    Index("ix_waiting_key", "key"),
    sqlite_with_rowid=False,
)

cases = Table(
    "cases",
    metadata,
    _column("id", _id(), primary_key=True, why="random, drawn anew at the release"),
    _column("number", String(8), why="what staff call it: random, not secret"),
    _column("community", _id(), why="whose case"),
    _column("lookup", LargeBinary, why="keyed hash of the receipt: how its holder finds it"),
    _column("key", _id(), why="which key in the key store opens it"),
    _column("release", Moment, why="the slot at which it reached its readers"),
    _column("due", Moment, null=True, why="when it climbs: follows from slots and staff's acts"),
    _column("look", Moment, null=True, why="when the clock looks at it next, to tell or to climb"),
    _column("gone", Moment, why="the slot at which it is shredded"),
    _column("live", Boolean, why="whether it is on the reps' list"),
    _column("sealed", LargeBinary, why="what was filed and who may read it, under its own key"),
    UniqueConstraint("lookup", name="uq_cases_lookup"),
    UniqueConstraint("number", name="uq_cases_number"),
    Index("ix_cases_community_live", "community", "live"),
    Index("ix_cases_community_gone", "community", "gone"),
    Index("ix_cases_due", "due"),
    Index("ix_cases_look", "look", "community"),
    Index("ix_cases_gone", "gone"),
    Index("ix_cases_key", "key"),
    sqlite_with_rowid=False,
)

entries = Table(
    "entries",
    metadata,
    _column("id", _id(), primary_key=True, why="random"),
    _column("case", _id(), ForeignKey("cases.id"), why="the case it was said in"),
    _column(
        "sealed", LargeBinary, why="who of both sides, what, and its slot, under the case's key"
    ),
    Index("ix_entries_case", "case"),
    sqlite_with_rowid=False,
)

polls = Table(
    "polls",
    metadata,
    _column("id", _id(), primary_key=True, why="random"),
    _column("community", _id(), why="whose poll"),
    _column("questions", JSON, why="what is asked, frozen at its opening"),
    _column("settings", JSON, why="floor, how many may answer, where: frozen likewise"),
    _column("opens", Moment, why="when it was opened, as an organiser or its schedule said"),
    _column("closes", Moment, why="until when it can be answered, told to everyone"),
    _column("closed", Moment, null=True, why="when it was counted and its ballots deleted"),
    _column("public_key", LargeBinary, why="what ballots are sealed to; it opens none"),
    _column("pulse", _id(), null=True, why="the schedule it belongs to"),
    _column("wave", Integer, null=True, why="its number there: comes once"),
    _column(
        "result", JSON(none_as_null=True), null=True, why="what everyone is shown, and no counts"
    ),
    _column(
        "sealed_comments",
        LargeBinary,
        null=True,
        why="those organisers may read, for 60 days, under a key of their own that goes with them",
    ),
    _column("outcome", Text, why="what came of it, as an organiser told everyone"),
    UniqueConstraint("pulse", "wave", name="uq_polls_pulse_wave"),
    Index("ix_polls_community_opens", "community", "opens"),
    Index("ix_polls_community_closed", "community", "closed"),
    Index("ix_polls_closed_closes", "closed", "closes"),
)
Index(
    "ix_polls_open",
    polls.c.community,
    polls.c.closes,
    sqlite_where=polls.c.closed.is_(None),
    postgresql_where=polls.c.closed.is_(None),
)
Index(
    "ix_polls_commented",
    polls.c.closed,
    sqlite_where=polls.c.sealed_comments.is_not(None),
    postgresql_where=polls.c.sealed_comments.is_not(None),
)

ballots = Table(
    "ballots",
    metadata,
    # No foreign key: it would cost a look for each ballot, and casting looks at the poll anyway.
    _column("poll", _id(), primary_key=True, why="the poll it answers"),
    _column(
        "tag", LargeBinary, primary_key=True, why="keyed hash under a pepper destroyed at the close"
    ),
    _column("sealed", LargeBinary, why="the answers, all of one poll the same length, sealed"),
    sqlite_with_rowid=False,
)

pulses = Table(
    "pulses",
    metadata,
    _column("id", _id(), primary_key=True, why="random"),
    _column("community", _id(), why="who is asked again and again"),
    _column(
        "settings",
        JSON,
        why="questions and calendar, as an organiser set them, or of the first one moderators",
    ),
    _column("next_wave", Moment, null=True, why="when its next wave opens; none: it has ended"),
    Index("ix_pulses_community", "community"),
    Index("ix_pulses_next_wave", "next_wave"),
)

digests = Table(
    "digests",
    metadata,
    _column("community", _id(), ForeignKey("communities.id"), primary_key=True, why="whose digest"),
    _column("settings", JSON, why="day, hour, zone and language, as organisers set them"),
    _column(
        "sealed_addresses",
        LargeBinary,
        null=True,
        why="where it goes by e-mail, as organisers typed it, sealed under the community's key",
    ),
    _column("revision", Integer, why="counts changes: two who change it at once notice"),
    _column("due", Moment, null=True, why="when the next one is due; none while it is paused"),
    _column("nowhere", Boolean, why="whether it reaches nobody, so that somebody is told"),
    _column("first", Date, why="the week of the first one: a missing one shows in the numbers"),
    _column("done", Date, why="the last week that needs none any more"),
    _column("sent", Date, null=True, why="the week of the last one: to name a gap"),
    _column("serial", Integer, why="its number"),
    _column("since", Moment, why="until when it counted: each case in one week alone"),
    _column(
        "carried",
        LargeBinary,
        null=True,
        why="what was too few to show, sealed likewise: never reckoned anew",
    ),
    Index("ix_digests_due", "due"),
)

digest_weeks = Table(
    "digest_weeks",
    metadata,
    _column("community", _id(), primary_key=True, why="whose digest"),
    _column("week", Date, primary_key=True, why="of which week"),
    _column("sealed", LargeBinary, why="what was published, sealed; for a year"),
)

outbox = Table(
    "outbox",
    metadata,
    _column("id", _id(), primary_key=True, why="random; also what makes a delivery idempotent"),
    _column("community", _id(), why="whose notice"),
    _column("platform", String(16), why="which adapter says it: a process takes its own alone"),
    _column("notice", String(32), why="which sentence"),
    _column(
        "facts",
        JSON,
        why="what fills the sentence: dates, ids, names of roles; never a word of a case",
    ),
    _column("staff", _id(), null=True, why="the member of staff it goes to"),
    _column("account", LargeBinary, null=True, why="and to which of their accounts, by its mark"),
    _column("space", _id(), null=True, why="or the space"),
    _column("room", String(16), null=True, why="and the room there"),
    _column("destination", String(72), why="account or room: one place hears things in order"),
    _column("sequence", Integer, why="its turn there: of what slots, the clock and staff put"),
    _column("not_before", Moment, why="when it may be said: at a slot, after quiet hours"),
    _column("fate", String(16), why="waiting, leased, or given up and why"),
    _column("tries", Integer, why="how often it failed"),
    _column("next_try", Moment, why="when to try (again), or when its lease runs out"),
    _column(
        "doubted", Moment, null=True, why="since when it may have been said: when to try no more"
    ),
    _column(
        "sealed", LargeBinary, null=True, why="of which cases, sealed: to say nothing to who left"
    ),
    Index("ix_outbox_fate_next_try", "fate", "next_try"),
    Index("ix_outbox_destination", "destination", "not_before"),
)

ledger = Table(
    "ledger",
    metadata,
    _column("kind", String(32), primary_key=True, why="what happens on a schedule"),
    _column("scope", _id(), primary_key=True, why="for whom"),
    _column("period", String(40), primary_key=True, why="for which period: once"),
    _column("missed", Moment, null=True, why="when a slot that was missed was made up for"),
    Index("ix_ledger_missed", "missed"),
)

audit = Table(
    "audit",
    metadata,
    _column("community", _id(), primary_key=True, why="whose chain"),
    _column("place", Integer, primary_key=True, why="its place in the chain"),
    _column(
        "commitment", LargeBinary, why="hash of the sealed page and a nonce: says nothing alone"
    ),
    _column("head", LargeBinary, why="hash of the head before and the commitment"),
    _column("sealed", LargeBinary, null=True, why="the acts and the nonce, sealed; may be deleted"),
)

audit_acts = Table(
    "audit_acts",
    metadata,
    _column("id", _id(), primary_key=True, why="random"),
    _column("community", _id(), why="into whose chain it goes at the week's first slot"),
    _column("sealed", LargeBinary, why="an act of staff, sealed under the community's key"),
    Index("ix_audit_acts_community", "community"),
    sqlite_with_rowid=False,
)

marks = Table(
    "marks",
    metadata,
    _column(
        "mark", LargeBinary, primary_key=True, why="an event that was done: hash under a day's key"
    ),
    _column("day", Date, why="forgotten with that day's key"),
    Index("ix_marks_day", "day"),
    sqlite_with_rowid=False,
)

installation = Table(
    "installation",
    metadata,
    _column("name", String(32), primary_key=True, why="which fact of this installation"),
    _column("value", LargeBinary, why="a fingerprint of the key files, a random mark: are we one?"),
)

platform_memory = Table(
    "platform_memory",
    metadata,
    _column("platform", String(64), primary_key=True, why="which platform, or account, of ours"),
    _column("what", String(64), primary_key=True, why="which of the things it must remember"),
    _column("value", Text, why="how far it has read, a hash of its commands; nothing of a person"),
    sqlite_with_rowid=False,
)

workspaces = Table(
    "workspaces",
    metadata,
    _column("platform", String(16), primary_key=True, why="which adapter was let in"),
    _column("place", String(64), primary_key=True, why="the platform's id of where; no person's"),
    _column(
        "wrapped", LargeBinary, why="a key of this row's own, under the key-encryption key's file"
    ),
    _column("sealed", LargeBinary, why="the token we were given there, sealed under it"),
    _column("renew", Moment, null=True, why="when the token must be changed for a new one"),
    Index("ix_workspaces_renew", "renew"),
)

# The key store ----------------------------------------------------------------------------------

key_metadata = MetaData()

case_keys = Table(
    "case_keys",
    key_metadata,
    _column("id", _id(), primary_key=True, why="random; of a poll's comments, the poll's"),
    _column("waiting", _id(), why="random: what rows that wait call it; of comments, as the id"),
    _column(
        "wrapped",
        LargeBinary,
        why="the key of a case or a poll's comments, under the key-encryption key's file",
    ),
    _column("settled", Boolean, why="a row that it protects was seen"),
    _column("missed", Moment, null=True, why="the slot at which no row was first found for it"),
    UniqueConstraint("waiting", name="uq_case_keys_waiting"),
    Index("ix_case_keys_settled", "settled"),
    sqlite_with_rowid=False,
)

tombstones = Table(
    "tombstones",
    key_metadata,
    _column("id", _id(), primary_key=True, why="a destroyed key: never made again, by no restore"),
    _column("slot", Moment, why="the slot of its destruction; of a poll's comments, the moment"),
    sqlite_with_rowid=False,
)

homes = Table(
    "homes",
    key_metadata,
    _column(
        "mark", LargeBinary, primary_key=True, why="keyed hash of a staff account: where it serves"
    ),
    _column("community", _id(), primary_key=True, why="there; out of all copies of the database"),
    Index("ix_homes_community", "community"),
    sqlite_with_rowid=False,
)

community_keys = Table(
    "community_keys",
    key_metadata,
    _column("id", _id(), primary_key=True, why="the community's, random"),
    _column(
        "wrapped",
        LargeBinary,
        why="opens what its staff agreed to have kept; wrapped; destroyed when it is forgotten",
    ),
)

poll_keys = Table(
    "poll_keys",
    key_metadata,
    _column("id", _id(), primary_key=True, why="the poll's, random"),
    _column(
        "wrapped",
        LargeBinary,
        why="makes the pepper of its tags and opens its ballots; wrapped; destroyed at the close",
    ),
    _column("missed", Moment, null=True, why="when a first look found no open poll for it"),
    sqlite_with_rowid=False,
)

daily_keys = Table(
    "daily_keys",
    key_metadata,
    _column("day", Date, primary_key=True, why="which day's redelivery marks it made"),
    _column("wrapped", LargeBinary, why="the day's key, under the key-encryption key's file"),
    sqlite_with_rowid=False,
)

drafts = Table(
    "drafts",
    key_metadata,
    _column("id", LargeBinary, primary_key=True, why="made from the token, which is not kept"),
    _column("sealed", LargeBinary, why="what is half done, under a key made from the token"),
    _column("until", Moment, why="the full half hour at which it is forgotten"),
    Index("ix_drafts_until", "until"),
    sqlite_with_rowid=False,
)

belongs = Table(
    "installation",
    key_metadata,
    _column("name", String(32), primary_key=True, why="which fact of this installation"),
    _column("value", LargeBinary, why="the key files' fingerprint, the database's random mark"),
)
