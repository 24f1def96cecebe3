"""How people, states and cases are worded, the same on the worker's side and the reps'."""

from datetime import datetime

from bot.chat import Field, Here, Line, Tone, line
from bot.domain.cases import INTERNAL, Entry, Kind, State, View, Why
from bot.domain.communities import CATEGORIES, Community, Role, Staff, Target, Trust
from bot.domain.grievances.intake import Grievance
from bot.domain.grievances.warnings import broken_links

TONES = {
    State.WAITING_ON_YOU: Tone.WARNING,
    State.RESOLVED: Tone.GOOD,
}


def seen(here: Here) -> Line:
    """What others can see of somebody at this very place: each platform has a sentence of its own."""
    sees = line(f"platform.{here.caller.platform}.sees", space=here.space.name)
    trust = here.space.trust
    return sees if trust is Trust.NEUTRAL else line(f"place.{trust.value}", sees=sees)


def person(trust: Trust, one: Staff) -> str | Line:
    """A name; in employer-owned spaces only of those who agreed to be named there."""
    if trust is Trust.EMPLOYER_OWNED and not one.named:
        return role_of(one)
    return line("staff.named", name=one.name, role=role_of(one))


def role_of(one: Staff) -> Line:
    for role in (Role.REP, Role.ORGANISER, Role.MODERATOR):
        if role in one.roles:
            return line(f"role.{role.value}")
    return line("role.worker")


def people(trust: Trust, them: tuple[Staff, ...]) -> tuple[str | Line, ...]:
    """Each once: two unnamed reps are "rep" once."""
    return tuple({repr(p): p for p in (person(trust, one) for one in them)}.values())


def category(name: str) -> Line | str:
    """One of ours in its language; a community's own as it is."""
    return line(f"category.{name}") if name in CATEGORIES else name


def filed(grievance: Grievance) -> tuple[Field, ...]:
    """What was filed, exactly as its readers see it."""
    unseen = Field(line("grievance.member"), line("grievance.not_seen"))
    return (
        Field(line("grievance.category"), category(grievance.category)),
        Field(line("grievance.spread"), line(f"spread.{grievance.spread.value}")),
        Field(line("grievance.impact"), line(f"impact.{grievance.impact.value}")),
        *(() if grievance.member_seen else (unseen,)),
        Field(line("grievance.story"), grievance.story),
    )


def state(view: View) -> Line:
    return line(f"state.{view.state.value}")


def target(one: Target, outside_body: str) -> Line | str:
    """Whose turn a step is, in words."""
    if one is Target.OUTSIDE and outside_body:
        return outside_body
    return line(f"step.{one.value}")


_SAID = (
    Kind.MESSAGE,
    Kind.REPLY,
    Kind.ASK,
    Kind.NOTE,
    Kind.HAND_OVER,
    Kind.BRING_IN,
    Kind.ASK_CONSENT,
    Kind.RESOLVE,
    Kind.STEP,
)


def conversation(
    trust: Trust, community: Community, view: View, *, reporter: bool
) -> tuple[Field, ...]:
    """Everything said, in order: who it is from and when it crossed, then the words.

    One's own words that have not crossed yet say when they will. Addresses in the words of staff
    reach the reporter broken: opening one can tell its owner who they are.
    """
    return tuple(
        Field(
            _heading(trust, community, view, entry, reporter=reporter),
            _words(community, view, entry, reporter=reporter),
        )
        for entry in view.entries
        if entry.kind in _SAID
    )


def _words(community: Community, view: View, entry: Entry, *, reporter: bool) -> str | Line:
    if entry.kind is Kind.STEP and entry.why:
        step = view.case.steps[entry.step].target
        if step is Target.OUTSIDE:  # it is named, and never sent anything
            return line("climbed.outside")
        to = target(step, community.policy.outside_body)
        if reporter and entry.why is Why.ASKED:
            return line("climbed.asked_by_you", to=to)
        return line(f"climbed.{entry.why.value}", to=to)
    if not entry.text:
        return line("said.no_words")
    return broken_links(entry.text) if reporter and entry.by else entry.text


def author(trust: Trust, community: Community, entry: Entry) -> str | Line:
    one = community.person(entry.by) if entry.by else None
    return person(trust, one) if one else line("staff.former")


def _heading(
    trust: Trust, community: Community, view: View, entry: Entry, *, reporter: bool
) -> Line:
    mine = entry.from_reporter == reporter
    facts = {"date": entry.crosses}
    if entry.kind is Kind.STEP:
        return line("said.step", date=entry.moment)
    if entry.kind is Kind.HAND_OVER:
        to = tuple(person(trust, one) for one in community.staff if one.id in entry.people)
        return line("said.hand_over", who=author(trust, community, entry), to=to)
    if entry.kind in INTERNAL:
        return line(f"said.{entry.kind.value}", who=author(trust, community, entry))
    waits = ".waits" if mine and entry.crosses > view.at else ""
    if entry.from_reporter:
        who = "you" if reporter else "reporter"
        return line(f"said.{who}{waits}", **facts)
    return line(f"said.{entry.kind.value}{waits}", who=author(trust, community, entry), **facts)


def on_duty(trust: Trust, community: Community, at: datetime) -> Line:
    """Who hears cases and until when, as everybody may know it."""
    until = community.on_duty_until(at)
    if there := community.on_duty(at):
        return line("on_duty.who", who=people(trust, there), date=until)
    return line("on_duty.nobody", date=until)


def promised(community: Community) -> Line:
    """How soon somebody must answer."""
    return line("reps.promise", n=int(community.policy.first_answer.total_seconds() // 3600))
