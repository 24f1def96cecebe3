"""What is said unasked: worded when it is delivered, from a name and facts on the outbox.

Never a word of a case, never a number; what depends on a case goes to one person alone.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from bot.chat import Button, Card, Day, Line, Weight, line
from bot.commands.words import on_duty, person, promised
from bot.domain.communities import Community, StaffId, Trust
from bot.ports import Notice

Facts = Mapping[str, str]
Worded = Callable[[Community, Trust, Facts], Card]


def case_waits(community: Community, trust: Trust, facts: Facts) -> Card:
    return _of_a_case(line("notice.case_waits", date=_at(facts, "by")))


def case_moved(community: Community, trust: Trust, facts: Facts) -> Card:
    return _of_a_case(line("notice.case_moved"))


def case_reminder(community: Community, trust: Trust, facts: Facts) -> Card:
    return _of_a_case(line("notice.case_reminder", date=_at(facts, "by")))


def case_handed(community: Community, trust: Trust, facts: Facts) -> Card:
    return _of_a_case(line("notice.case_handed"))


def case_brought_in(community: Community, trust: Trust, facts: Facts) -> Card:
    return _of_a_case(line("notice.case_brought_in"))


def case_law(community: Community, trust: Trust, facts: Facts) -> Card:
    return _of_a_case(line("notice.case_law", date=_at(facts, "by")))


def case_nobody(community: Community, trust: Trust, facts: Facts) -> Card:
    return _of_a_case(line("notice.case_nobody"))


def case_withdrawn(community: Community, trust: Trust, facts: Facts) -> Card:
    return _of_a_case(line("notice.case_withdrawn"))


def duty_begins(community: Community, trust: Trust, facts: Facts) -> Card:
    said = line("notice.duty_begins", begins=_at(facts, "begins"), ends=_at(facts, "ends"))
    return Card(line("notice.duty_begins.title"), (said,), buttons=(Button("duty"),))


def duty_offered(community: Community, trust: Trust, facts: Facts) -> Card:
    said = line("notice.duty_offered", begins=_at(facts, "begins"), ends=_at(facts, "ends"))
    offer = facts["offer"]
    buttons = (Button("take", offer, Weight.PRIMARY), Button("swap", offer))
    return Card(line("notice.duty_offered.title"), (said,), buttons=buttons)


def duty_given(community: Community, trust: Trust, facts: Facts) -> Card:
    taker = community.person(StaffId(facts["to"]))
    who = person(trust, taker) if taker else line("staff.former")
    span = {"begins": _at(facts, "begins"), "ends": _at(facts, "ends")}
    said = [line("notice.duty_given", who=who, **span)]
    if "got_begins" in facts:
        got = {"begins": _at(facts, "got_begins"), "ends": _at(facts, "got_ends")}
        said.append(line("notice.duty_given.for", **got))
    return Card(line("notice.duty_given.title"), tuple(said), buttons=(Button("duty"),))


def account_added(community: Community, trust: Trust, facts: Facts) -> Card:
    said = line("notice.account_added", date=_at(facts, "date"))
    return Card(line("notice.account_added.title"), (said,), buttons=(Button("unbind"),))


def role_ends(community: Community, trust: Trust, facts: Facts) -> Card:
    role = line(f"role.{facts['role']}")
    said = line("notice.role_ends", role=role, day=Day(_at(facts, "ends")))
    return Card(line("notice.role.title"), (said,))


def role_ended(community: Community, trust: Trust, facts: Facts) -> Card:
    role = line(f"role.{facts['role']}")
    said = line("notice.role_ended", role=role, day=Day(_at(facts, "ends")))
    return Card(line("notice.role.title"), (said,))


def staff(community: Community, trust: Trust, facts: Facts) -> Card:
    return Card(line("slot.title", date=_at(facts, "slot")), (line("slot.words"),))


def bulletin(community: Community, trust: Trust, facts: Facts) -> Card:
    who = on_duty(trust, community, _at(facts, "slot"))
    said = (line("bulletin.look_again"), line("bulletin.on_duty", who=who), promised(community))
    buttons = (Button("receipt"), Button("grievance"))
    return Card(line("bulletin.title"), said, buttons=buttons)


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
    Notice.STAFF: staff,
    Notice.BULLETIN: bulletin,
}
