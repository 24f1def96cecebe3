"""Who may do what: one row for each command, button and form. Everybody else is refused.

Read a row so: its name; who may; then each way in: pressed or typed (``Press``) or sent with its form
(``Send``), about which thing, what its person is shown then (``?``: a form), and which tables have
other rows after it. Nothing else changes. ``HANDS`` are all who try; ``test_authorisation.py`` acts
it out, and fails where a command, button or form has no row, or a row none of these.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.communities import Role

EVERYBODY = frozenset({Role.WORKER})  #: all members, whatever else they are
REPS, ORGANISERS = frozenset({Role.REP}), frozenset({Role.ORGANISER})
MODERATORS = frozenset({Role.MODERATOR})
DESK, STAFF = REPS | ORGANISERS, REPS | ORGANISERS | MODERATORS
NOBODY = frozenset[Role]()  #: who is met in no community

# Things -------------------------------------------------------------------------------------------

#: Of these somebody of the right role may have no part: a case of which they are no reader, a change
#: that they asked for themselves, another's days away, an offer that was made to another.
PERSONAL = frozenset({"case", "seconding", "days away", "offer"})
_VISITS = ("visit", "asked visit", "urgent visit")
_DRAFTS = ("preview", "filed", "message", "held message")
_CODES = ("account code", "moderator's code", "operator's code", "first code", "town's code")
#: What is said of a thing that never was, that is another community's, or that is not theirs.
GONE: Mapping[str, str] = {
    "case": "refused.no_such_case",
    "receipt": "refused.receipt_unknown",
    **dict.fromkeys((*_VISITS, *_DRAFTS), "refused.draft_gone"),
    "offer": "refused.role_offer_gone",
    "change": "refused.change_gone",
    "revision": "refused.changed_meanwhile",
    **dict.fromkeys(("shift", "days away"), "refused.offer_gone"),
    **dict.fromkeys(("open poll", "closed poll", "pulse"), "refused.no_such_poll"),
    "poll draft": "refused.poll_draft_gone",
    **dict.fromkeys(_CODES, "refused.code_unknown"),
    **dict.fromkeys(("place", "held role"), "invalid.not_an_option"),
}
#: Tokens: whoever holds one comes into its community by it, from wherever no community is.
LEADS = frozenset({*_VISITS, *_DRAFTS, "offer", "poll draft"})
#: What is typed or chosen in a form, and carried by no button: in which field.
IN_FIELD: Mapping[str, str] = {
    "receipt": "receipt",
    **dict.fromkeys(_CODES, "code"),
    "place": "space",
    "held role": "who",
}
#: What a form is filled in with, where not as in any town (``crawler.PLAUSIBLE``).
FILLED: Mapping[str, Mapping[str, str | list[str]]] = {
    "leave_out": {"exclude": ["{id of karim}"]},
    "offer": {"from": "2026-06-04", "until": "2026-06-05"},
    "staff": {"person": "somebody-new"},
    "digest": {"hour": "17"},
}

# Rows ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Act:
    """One way in: about what, what is shown (one of these titles), which tables change (``may``: or
    not). ``who``: where not who the row says. ``whose``: which of PERSONAL one must have, where it is
    not called as the thing. ``not_theirs``: what is said without it, ``gone``: of a thing that is not
    there, where not as in GONE. ``by``: only these hands get so far, for others a rule that is not
    about who they are says no. ``held``: what somebody who is no member any more, and holds the
    button, is told; empty: they are asked for a community's code. ``subject``: what the button
    carries, where that is no thing."""

    about: str = ""
    shows: str = ""
    keeps: str = ""
    may: str = ""
    who: frozenset[Role] | None = None
    whose: str = ""
    not_theirs: str = ""
    gone: str = ""
    by: tuple[str, ...] = ()
    held: str = ""
    subject: str = ""

    @property
    def personal(self) -> str:
        """Which of PERSONAL one must have."""
        return self.whose or (self.about if self.about in PERSONAL else "")

    @property
    def only_shows(self) -> bool:
        return not self.keeps and not self.may


class Press(Act):
    """Pressed, or typed."""


class Send(Act):
    """A form that comes back."""


@dataclass(frozen=True)
class Row:
    """``at_work``: not refused to staff where an employer can read. ``early``: before the community
    is open, too. ``outside``: what the same name is in a place that is nobody's, for whoever is there."""

    name: str
    who: frozenset[Role]
    acts: tuple[Act, ...]
    at_work: bool = False
    early: bool = False
    outside: tuple[Act, ...] = ()


def _row(
    name: str,
    who: frozenset[Role],
    *acts: Act,
    at_work: bool = False,
    early: bool = False,
    outside: tuple[Act, ...] = (),
) -> Row:
    return Row(name, who, acts, at_work, early, outside)


def _held(about: str, shows: str, keeps: str = "") -> Press:
    """A button that is for whoever holds it, members or not."""
    return Press(about, shows, keeps, held=shows)


_DRAFT, _WAITS = "keys.drafts", "waiting"
_SAID, _TOLD = "cases entries audit_acts", "entries audit_acts outbox"
_SET = "communities audit_acts"
_ROTA = f"{_SET} duty_changes"
_ASKED = f"{_SET} outbox pending_changes"
_BOUND = f"{_SET} outbox accounts keys.homes {_DRAFT}"
_BEGUN = f"{_SET} staff grants accounts keys.homes {_DRAFT}"
_FOUNDED = (
    f"communities spaces staff grants accounts ledger keys.community_keys keys.homes {_DRAFT}"
)
_OPENED, _CLOSED = "audit_acts outbox polls keys.poll_keys", "keys.tombstones"
_ON_DUTY = ("a rep", "a rep, alone with the bot")
_IN_TOWN = ("a moderator", "the moderator who asked", "a moderator since this week")
_CODE_UNKNOWN, _OFFER_GONE = "refused.code_unknown", "refused.role_offer_gone"
_NAMING = Press("", "?community")
_HOME = "view.title"  #: the reporter's view


def _set_up(name: str, shows: str) -> Row:
    """A button of set-up."""
    return _row(name, MODERATORS, Press("", shows), at_work=True, early=True)


def _setting(name: str, about: str = "revision", shows: str = "changed.waiting") -> Row:
    """A form of set-up, which any moderator fills in; once a community is open it waits."""
    sent = Send(about, shows, _ASKED if shows == "changed.waiting" else "")
    return _row(name, MODERATORS, Press("", f"?{name}"), sent, at_work=True, early=True)


def _written(name: str, keeps: str) -> Row:
    """Words of staff in a case."""
    return _row(name, DESK, Press("case", f"?{name}"), Send("case", "case.title", keeps))


# fmt: off
GRIEVANCES = (  # for everybody, and what was begun for whoever holds its buttons
    _row("grievance", EVERYBODY, Press("", "label.title"), Send("", "preview.title", _DRAFT),
         Send("preview", "preview.title", _DRAFT)),
    _row("continue", EVERYBODY, Press("", "?grievance")),
    _row("elsewhere", EVERYBODY, Press("", "elsewhere.title")),
    _row("send", EVERYBODY, Press("preview", "receipt_card.title",
         f"{_WAITS} keys.case_keys {_DRAFT}", held=_CODE_UNKNOWN),
         _held("held message", _HOME, f"{_WAITS} {_DRAFT}")),
    _row("edit", EVERYBODY, Press("preview", "?grievance", held=_CODE_UNKNOWN),
         _held("held message", "?message")),
    _row("cancel", EVERYBODY, _held("preview", "cancelled.title", _DRAFT),
         _held("held message", "cancelled.title", _DRAFT)),
    _row("send_urgent", EVERYBODY, Press("preview", "receipt_card.title",
         f"cases outbox keys.case_keys {_DRAFT}")),
    _row("show_again", EVERYBODY, _held("filed", "receipt_card.title")),
    _row("saved", EVERYBODY, Press("filed", "saved.title", _DRAFT, held="saved.title",
         gone="saved.title")),  # it is gone already, is all that this says
)
VISITS = (  # for whoever holds the receipt, or a button of what it opened
    _row("receipt", EVERYBODY, Press("", "?receipt"), Send("receipt", _HOME, _DRAFT)),
    _row("look", EVERYBODY, _held("visit", _HOME)),
    _row("message", EVERYBODY, _held("visit", "?message", _DRAFT),
         Send("message", _HOME, f"{_WAITS} {_DRAFT}", held=_HOME)),
    _row("exclude", EVERYBODY, _held("visit", "?leave_out")),
    _row("leave_out", EVERYBODY, _held("visit", "?leave_out"),
         Send("visit", _HOME, _WAITS, held=_HOME)),
    _row("escalate", EVERYBODY, _held("visit", _HOME, _WAITS)),
    _row("agree", EVERYBODY, _held("asked visit", _HOME, f"{_WAITS} {_DRAFT}")),
    _row("not_urgent", EVERYBODY, _held("urgent visit", _HOME, _WAITS)),
    _row("withdraw", EVERYBODY, _held("visit", _HOME, _WAITS)),
    _row("export", EVERYBODY, _held("visit", "export.title")),
    _row("delete", EVERYBODY, _held("visit", "deleted.title", _WAITS)),
)
CASES = (  # for those who may read the case
    _row("cases", DESK, Press("", "cases.title")),
    _row("open", DESK, Press("case", "case.title", may="entries")),
    _row("acknowledge", DESK, Press("case", "case.title", _SAID)),
    _written("reply", _SAID),
    _written("ask", _SAID),
    _written("note", "entries audit_acts"),
    _written("bring_in", _TOLD),
    _written("hand_over", _TOLD),
    _row("hand_over_all", REPS, Press("", "handed_all.title", _TOLD, by=_ON_DUTY)),
    _row("recuse", DESK, Press("case", "recused.title", "entries audit_acts", may="outbox")),
    _row("mute", DESK, Press("case", "case.title", "entries audit_acts")),
    _written("resolve", _SAID),
    _row("close", DESK, Press("case", "case.title", _SAID)),
    _row("next", DESK, Press("", "case.title case.urgent_title", may="entries")),  # of their own
    _row("audit", REPS, Press("", "audit.title")),
)
DUTY = (
    _row("duty", REPS, Press("", "duty.title")),
    _row("on", REPS, Press("", "duty.title", _ROTA, by=("another rep",)),
         Press("days away", "duty.title", _ROTA)),
    _row("off", REPS, Press("", "duty.title", _ROTA, by=_ON_DUTY)),
    _row("away", REPS, Press("", "?away"), Send("", "duty.title", _ROTA)),
    _row("offer", REPS, Press("", "?offer"), Send("", "duty.title", f"{_ROTA} outbox", by=_ON_DUTY)),
    _row("take", REPS, Press("shift", "duty.title", _ROTA, may="outbox")),
    _row("swap", REPS, Press("shift", "duty.title", f"{_ROTA} outbox", by=("another rep",))),
    _row("quiet_hours", REPS, Press("", "?quiet_hours"), Send("", "duty.title", f"{_SET} staff")),
)
PEOPLE = (  # roles, accounts, and what everybody may ask
    _row("accept", EVERYBODY, Press("offer", "accepted.title", _BEGUN, held=_OFFER_GONE), early=True),
    _row("decline", EVERYBODY, Press("offer", "declined.title", _DRAFT, held=_OFFER_GONE), early=True),
    _row("bind", STAFF, Press("", "?link"), at_work=True, early=True),
    _row("unbind", STAFF, Press("", "unbound.title"), at_work=True, early=True),
    _row("link", EVERYBODY, Press("", "code.title", _DRAFT),
         Send("account code", "linked.title", _BOUND, who=STAFF), at_work=True, early=True,
         outside=(Press("", "?link"), Send("moderator's code", "joined.title", f"{_ASKED} {_DRAFT}",
                                           whose="moderator's code"))),
    _row("reps", EVERYBODY, Press("", "reps.title"), early=True),
    _row("about", EVERYBODY, Press("", "about.title"), early=True),
    _row("help", EVERYBODY, Press("", "help.title"), early=True),
)
SET_UP = (
    _row("setup", EVERYBODY, Press("", "setup.title setup.of"), at_work=True, early=True,
         outside=(Press("", "?claim"),)),
    _row("claim", EVERYBODY, Press("", "?claim"), Send("operator's code", "refused.second_there"),
         early=True, outside=(Press("", "?claim"), Send("first code", "claimed.title", _FOUNDED))),
    _set_up("setup_rest", "rest.title"),
    _set_up("setup_status", "status.title"),
    _set_up("setup_open", "before.title"),
    _row("setup_test", MODERATORS, Press("", "tested.title", "audit_acts outbox"), at_work=True,
         early=True),
    _set_up("open_community", "now_open.title"),
    _set_up("setup_changes", "changes.title"),
    _row("approve", MODERATORS, Press("change", "seconded.title", f"{_SET} pending_changes",
         whose="seconding", not_theirs="refused.needs_another"), at_work=True, early=True),
    _row("withdraw_change", MODERATORS, Press("change", "withdrawn_change.title", _ASKED),
         at_work=True, early=True),
    _row("room", MODERATORS, Press("", "changed.waiting", _ASKED, subject="staff", by=_IN_TOWN),
         at_work=True, early=True),
    _setting("setup_first"),
    _setting("staff"),
    _setting("end_role", "held role"),
    _setting("unlink", "place"),
    _setting("setup_categories"),
    _setting("setup_outside"),
    _setting("setup_steps"),
    _setting("setup_slots"),
    _setting("setup_figures"),
    _setting("setup_kept"),
    _setting("setup_words"),
    _setting("setup_pulse", shows="refused.pulse_begun"),  # the organisers' from then on
)
POLLS = (
    _row("pulse", EVERYBODY, Press("", "?pulse"), Press("open poll", "?pulse"),
         Send("open poll", "answered.title", "ballots")),
    _row("answer", EVERYBODY, Press("open poll", "?pulse")),
    _row("poll", ORGANISERS, Press("", "poll.overview")),
    _row("poll_new", ORGANISERS, Press("", "?poll_new"), Send("", "poll.preview.title", _DRAFT)),
    _row("open_poll", ORGANISERS, Press("poll draft", "opened.title", _OPENED)),
    _row("bank", ORGANISERS, Press("", "bank.title")),
    _row("pulse_new", ORGANISERS, Press("", "?pulse_new"),
         Send("", "planned.title", f"{_OPENED} pulses")),
    _row("poll_list", ORGANISERS, Press("", "poll.list.title")),
    _row("poll_closable", ORGANISERS, Press("", "poll.close.title")),
    _row("close_poll", ORGANISERS, Press("open poll", "closed_early.title", f"{_OPENED} {_CLOSED}"),
         Press("pulse", "pulse_ended.title", "audit_acts pulses")),
    _row("poll_outcome", ORGANISERS, Press("closed poll", "?poll_outcome"),
         Send("closed poll", "results.title", "audit_acts polls")),
    _row("results", ORGANISERS, Press("closed poll", "results.title")),
    _row("export_results", ORGANISERS, Press("closed poll", "poll_export.title")),
    _row("comments", ORGANISERS, Press("closed poll", "comments.title")),
)
DIGESTS = (
    _row("digest", ORGANISERS, Press("", "digest.settings"),
         Send("", "digest.settings", f"{_ASKED} digests", subject="1")),
    _row("digest_preview", ORGANISERS, Press("", "digest_preview.title")),
    _row("digest_set", ORGANISERS, Press("", "?digest")),
    _row("digest_pause", ORGANISERS, Press("", "digest.settings", "audit_acts outbox digests")),
    _row("digest_resume", ORGANISERS, Press("", "digest.settings", "audit_acts outbox digests")),
    _row("digest_test", ORGANISERS, Press("", "digest.settings", "audit_acts outbox")),
)
DOOR = (  # last: whoever names a community is met in it from then on
    _row("confirm", EVERYBODY, early=True),  # what it confirms stands in its own row
    _row("community", EVERYBODY, _NAMING, Send("town's code", "about.title", subject="about"),
         early=True, outside=(_NAMING, Send("town's code", "about.title", whose="town's code",
                                            subject="about"))),
)
# fmt: on
ROWS = (*GRIEVANCES, *VISITS, *CASES, *DUTY, *PEOPLE, *SET_UP, *POLLS, *DIGESTS, *DOOR)

# Hands --------------------------------------------------------------------------------------------

ASKED = "?community"  #: the form that asks for a community's code: all that is told outside of any


@dataclass(frozen=True)
class Hand:
    """Somebody who tries everything. ``roles``: those that they act in, there; ``has``: what of
    PERSONAL is theirs, and codes of their own; ``place``: the town, its place at work, alone with the
    bot, the same once they named the town, a place of nobody's, or home in the other town. ``told``:
    what they are told where the role is not theirs; ``case``: which one is put before them.
    ``theirs``: whether they are of the other town."""

    said: str
    who: str
    roles: frozenset[Role] = EVERYBODY
    has: tuple[str, ...] = ()
    place: str = "town"
    told: str = "refused.not_allowed"
    case: str = "case"
    theirs: bool = False


_REP, _ORGANISER, _MODERATOR = EVERYBODY | REPS, EVERYBODY | ORGANISERS, EVERYBODY | MODERATORS
_INES, _LEILA = ("case", "days away"), ("seconding",)
OTHER_KEYS = "a rep's account in another's hand"

# fmt: off
HANDS = (
    Hand("a rep", "ines", _REP, _INES),
    Hand("an organiser", "ruth", _ORGANISER),
    Hand("a moderator", "leila", _MODERATOR, _LEILA),
    Hand("a worker", "w0"),
    Hand("another rep", "karim", _REP, ("case",)),
    Hand("a rep who was left out", "greta", _REP),
    Hand("a rep who stepped out", "nils", _REP),
    Hand("a rep since after the filing", "vera", _REP),
    Hand("a rep until this morning", "emil"),
    Hand("somebody who was offered a role", "w7", has=("offer",)),
    Hand("an organiser whose step it is", "ruth", _ORGANISER, ("case",), case="climbed"),
    Hand("the moderator who asked", "oskar", _MODERATOR),
    Hand("a moderator since this week", "mina", _MODERATOR),
    Hand(OTHER_KEYS, "ines", told="refused.key_changed"),
    Hand("a rep, at work", "ines", _REP, _INES, "work"),
    Hand("a moderator, at work", "leila", _MODERATOR, _LEILA, "work"),
    Hand("a rep, alone with the bot", "ines", _REP, _INES, "alone"),
    Hand("a worker, alone with the bot, who named the town", "w1", place="named"),
    Hand("a moderator, in a place of nobody's", "oskar", NOBODY,
         ("moderator's code", "town's code"), "nowhere", ASKED),
    Hand("the other town's rep, come here", "ines", theirs=True),
    Hand("the other town's moderator, come here", "leila", theirs=True),
    Hand("the other town's rep, at home", "ines", _REP, place="home", theirs=True),
    Hand("the other town's organiser, at home", "ruth", _ORGANISER, place="home", theirs=True),
    Hand("the other town's moderator, at home", "leila", _MODERATOR, place="home", theirs=True),
    Hand("a rep of both towns, in the other", "both-rep", _REP, place="home", theirs=True),
    Hand("a worker who was dismissed", "w0", NOBODY, (), "nowhere", ASKED, theirs=True),
    Hand("a stranger, alone with the bot", "w0", NOBODY, (), "alone", ASKED, theirs=True),
)
# fmt: on
