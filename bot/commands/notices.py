"""What is said unasked: worded when it is delivered, from a name and facts on the outbox.

Never a word of a case, nor what it is called; what depends on a case goes to one person alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.chat import Button, Card, Day, Line, Weight, line
from bot.commands.communities.changes import told as told_changes
from bot.commands.communities.staff import role_card
from bot.commands.digests.cards import day_of, digest_card, own_list_card
from bot.commands.polls.cards import open_card, outcomes, results_card
from bot.commands.polls.words import asked_until
from bot.commands.words import on_duty, person, promised
from bot.domain.cases import View
from bot.domain.communities import Community, Space, StaffId, Trust
from bot.domain.communities.pending import Pending
from bot.domain.communities.watch import forsaken_on
from bot.ports import Notice
from bot.services.communities.roles import RoleOffer
from bot.services.digests.telling import Issue
from bot.services.polls.reading import Asked

Facts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Told:
    """What a notice is worded from. ``space``: where it is said, None to a person; ``polls``: what
    it is about or, of the weekly bulletin, what is open; ``issue``: the digest, or
    nothing; ``own``: the cases of
    whom it is said to, in their own list; ``offer``: the role that is offered; ``changes``: those of
    the community, for the weekly bulletin."""

    community: Community
    facts: Facts
    space: Space | None = None
    polls: tuple[Asked, ...] = ()
    issue: tuple[Issue, ...] = ()
    own: tuple[View, ...] = ()
    offer: tuple[RoleOffer, ...] = ()
    changes: tuple[Pending, ...] = ()

    @property
    def trust(self) -> Trust:
        """Who reads along: a person is told where no employer does (privacy rule 8)."""
        return self.space.trust if self.space else Trust.NEUTRAL


Worded = Callable[[Told], Card]


def case_waits(told: Told) -> Card:
    return _of_a_case(line("notice.case_waits", date=_at(told.facts, "by")))


def case_moved(told: Told) -> Card:
    return _of_a_case(line("notice.case_moved"))


def case_reminder(told: Told) -> Card:
    return _of_a_case(line("notice.case_reminder", date=_at(told.facts, "by")))


def case_handed(told: Told) -> Card:
    return _of_a_case(line("notice.case_handed"))


def case_brought_in(told: Told) -> Card:
    return _of_a_case(line("notice.case_brought_in"))


def case_law(told: Told) -> Card:
    return _of_a_case(line("notice.case_law", date=_at(told.facts, "by")))


def case_nobody(told: Told) -> Card:
    return _of_a_case(line("notice.case_nobody"))


def case_withdrawn(told: Told) -> Card:
    return _of_a_case(line("notice.case_withdrawn"))


def duty_begins(told: Told) -> Card:
    said = line(
        "notice.duty_begins", begins=_at(told.facts, "begins"), ends=_at(told.facts, "ends")
    )
    return Card(line("notice.duty_begins.title"), (said,), buttons=(Button("duty"),))


def duty_offered(told: Told) -> Card:
    said = line(
        "notice.duty_offered", begins=_at(told.facts, "begins"), ends=_at(told.facts, "ends")
    )
    offer = told.facts["offer"]
    buttons = (Button("take", offer, Weight.PRIMARY), Button("swap", offer))
    return Card(line("notice.duty_offered.title"), (said,), buttons=buttons)


def duty_given(told: Told) -> Card:
    taker = told.community.person(StaffId(told.facts["to"]))
    who = person(told.trust, taker) if taker else line("staff.former")
    span = {"begins": _at(told.facts, "begins"), "ends": _at(told.facts, "ends")}
    said = [line("notice.duty_given", who=who, **span)]
    if "got_begins" in told.facts:
        got = {"begins": _at(told.facts, "got_begins"), "ends": _at(told.facts, "got_ends")}
        said.append(line("notice.duty_given.for", **got))
    return Card(line("notice.duty_given.title"), tuple(said), buttons=(Button("duty"),))


def role_offered(told: Told) -> Card:
    return role_card(told.offer[0], told.community.name)


def change_waits(told: Told) -> Card:
    by_operator = "operator" in told.facts
    key = "notice.change_comes" if by_operator else "notice.change_waits"
    return _of_a_change(told, line(key, **_change(told)))


def change_asks(told: Told) -> Card:
    said = line("notice.change_asks", **_change(told))
    return Card(line("notice.change.title"), (said,), buttons=(Button("setup"),))


def change_holds(told: Told) -> Card:
    return _of_a_change(told, line("notice.change_holds", what=_change(told)["what"]))


def change_off(told: Told) -> Card:
    return _of_a_change(told, line("notice.change_off", what=_change(told)["what"]))


def space_gone(told: Told) -> Card:
    """Names the place, unless it was let go meanwhile."""
    spaces = told.community.spaces
    name = next((one.name for one in spaces if one.id == told.facts["space"]), line("value.gone"))
    goes_on = line("notice.space_gone.goes_on")
    if day := forsaken_on(told.community.spaces):
        goes_on = line("notice.space_gone.last", date=Day(day))
    said = (line("notice.space_gone", name=name), goes_on)
    return Card(line("notice.space_gone.title"), said, buttons=(Button("setup"),))


def test(told: Told) -> Card:
    return Card(line("notice.test.title"), (line("notice.test"),))


def keys_changed(told: Told) -> Card:
    said = line("notice.keys_changed", date=_at(told.facts, "date"))
    return Card(line("notice.keys_changed.title"), (said,), buttons=(Button("unbind"),))


def account_added(told: Told) -> Card:
    said = line("notice.account_added", date=_at(told.facts, "date"))
    return Card(line("notice.account_added.title"), (said,), buttons=(Button("unbind"),))


def role_ends(told: Told) -> Card:
    role = line(f"role.{told.facts['role']}")
    said = line("notice.role_ends", role=role, day=Day(_at(told.facts, "ends")))
    return Card(line("notice.role.title"), (said,))


def role_ended(told: Told) -> Card:
    role = line(f"role.{told.facts['role']}")
    said = line("notice.role_ended", role=role, day=Day(_at(told.facts, "ends")))
    return Card(line("notice.role.title"), (said,))


def staff(told: Told) -> Card:
    return Card(line("slot.title", date=_at(told.facts, "slot")), (line("slot.words"),))


def bulletin(told: Told) -> Card:
    who = on_duty(told.trust, told.community, _at(told.facts, "slot"))
    said = [line("bulletin.look_again"), line("bulletin.on_duty", who=who)]
    said += [promised(told.community), *(asked_until(one.poll) for one in told.polls)]
    said += told_changes(told.changes, told.community)
    buttons = (Button("receipt"), Button("grievance"), *_answer(told.polls))
    return Card(line("bulletin.title"), tuple(said), buttons=buttons)


def poll_opens(told: Told) -> Card:
    """A wave opens with what came of the last one."""
    return open_card(told.polls[0].poll, told.space, line("poll.opens"), *outcomes(told.polls[0]))


def poll_reminds(told: Told) -> Card:
    """Goes to everyone: who has answered is nobody's to know."""
    return open_card(told.polls[0].poll, told.space, line("poll.reminds"), *outcomes(told.polls[0]))


def poll_results(told: Told) -> Card:
    return results_card(told.polls[0])


def digest(told: Told) -> Card:
    return digest_card(told.community, told.trust, *told.issue)


def digest_set(told: Told) -> Card:
    facts = told.facts
    when = line(
        "digest.every", day=day_of(int(facts["weekday"])), hour=facts["at"], zone=facts["zone"]
    )
    said = [line("notice.digest_set"), line("notice.digest_paused") if facts["paused"] else when]
    said.append(line("notice.digest_mails", n=int(facts["addresses"])))
    return Card(line("notice.digest_set.title"), tuple(said), buttons=(Button("digest"),))


def own_list(told: Told) -> Card:
    return own_list_card(told.own)


def _of_a_change(told: Told, said: Line) -> Card:
    """What it is in full is in ``/about``."""
    return Card(line("notice.change.title"), (said,), buttons=(Button("about"),))


def _change(told: Told) -> dict[str, Line | datetime]:
    return {"what": line(f"change.{told.facts['kind']}"), "date": _at(told.facts, "at")}


def _answer(polls: tuple[Asked, ...]) -> tuple[Button, ...]:
    return (Button("pulse"),) if polls else ()


def _of_a_case(said: Line) -> Card:
    """Which case is not said: the list shows it, to those who may read it."""
    return Card(line("notice.title"), (said,), buttons=(Button("cases", weight=Weight.PRIMARY),))


def _at(facts: Facts, name: str) -> datetime:
    """A moment among the facts; a date alone is its beginning."""
    moment = datetime.fromisoformat(facts[name])
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


NOTICES: Mapping[str, Worded] = {
    Notice.CASE_WAITS: case_waits,
    Notice.CASE_MOVED: case_moved,
    Notice.CASE_REMINDER: case_reminder,
    Notice.CASE_HANDED: case_handed,
    Notice.CASE_BROUGHT_IN: case_brought_in,
    Notice.CASE_LAW: case_law,
    Notice.CASE_NOBODY: case_nobody,
    Notice.CASE_WITHDRAWN: case_withdrawn,
    Notice.DUTY_BEGINS: duty_begins,
    Notice.DUTY_OFFERED: duty_offered,
    Notice.DUTY_GIVEN: duty_given,
    Notice.ROLE_ENDS: role_ends,
    Notice.ROLE_ENDED: role_ended,
    Notice.ACCOUNT_ADDED: account_added,
    Notice.KEYS_CHANGED: keys_changed,
    Notice.ROLE_OFFERED: role_offered,
    Notice.CHANGE_WAITS: change_waits,
    Notice.CHANGE_ASKS: change_asks,
    Notice.CHANGE_HOLDS: change_holds,
    Notice.CHANGE_OFF: change_off,
    Notice.SPACE_GONE: space_gone,
    Notice.TEST: test,
    Notice.STAFF: staff,
    Notice.BULLETIN: bulletin,
    Notice.POLL_OPENS: poll_opens,
    Notice.POLL_REMINDS: poll_reminds,
    Notice.POLL_RESULTS: poll_results,
    Notice.DIGEST: digest,
    Notice.DIGEST_SET: digest_set,
    Notice.OWN_LIST: own_list,
}
