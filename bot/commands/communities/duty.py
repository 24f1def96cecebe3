"""/duty: who is on duty and when, a rep's own hours, and what the rep changes about them."""

from dataclasses import dataclass
from datetime import datetime

from bot.chat import (
    About,
    Answers,
    Button,
    Card,
    Command,
    Day,
    Field,
    Here,
    Line,
    Reply,
    Tone,
    Weight,
    blank,
    line,
    short_text,
    themselves,
)
from bot.commands.communities.staff import account_buttons, accounts_of
from bot.commands.words import on_duty, people, person
from bot.domain.communities import Change, Community, Lies, Role, Staff
from bot.domain.communities.times import read_hours, read_span
from bot.services.communities.duty import Duty, Turn

LONGEST_TIME = 40
WEEKS_SHOWN = 4
LISTED = 5  #: offers, and days away, on one card: each brings buttons


@dataclass(frozen=True)
class SpanForm:
    from_: str = short_text(LONGEST_TIME)
    until: str = short_text(LONGEST_TIME)


@dataclass(frozen=True, kw_only=True)
class HoursForm:
    from_: str = short_text(LONGEST_TIME, required=False)
    until: str = short_text(LONGEST_TIME, required=False)
    zone: str = short_text(LONGEST_TIME)


def commands(duty: Duty) -> tuple[Command, ...]:
    async def look(here: Here, subject: str) -> Reply:
        return _duty(here, here.community)

    async def on(here: Here, subject: str) -> Reply:
        if subject:
            return _turned(here, await duty.back(here, subject), line("turned.back"))
        turn = await duty.on(here)
        shift = turn.community.rota.shift(turn.community.changes, here.person.id, here.now)
        until = shift[1] if shift else here.now
        return _turned(here, turn, line("turned.on", date=until))

    async def off(here: Here, subject: str) -> Reply:
        shift = here.community.rota.shift(here.community.changes, here.person.id, here.now)
        turn = await duty.off(here)
        return _turned(here, turn, line("turned.off", date=shift[1] if shift else here.now))

    async def away(here: Here, subject: str, form: SpanForm) -> Reply:
        span = read_span(form.from_, form.until, here.community.slots.zone, here.now)
        turn = await duty.away(here, span)
        return _turned(here, turn, line("turned.away", begins=span[0], ends=span[1]))

    async def offer(here: Here, subject: str, form: SpanForm) -> Reply:
        span = read_span(form.from_, form.until, here.community.slots.zone, here.now)
        turn = await duty.offer(here, span)
        return _turned(here, turn, line("turned.offer", begins=span[0], ends=span[1]))

    async def take(here: Here, subject: str) -> Reply:
        if not subject:
            return _duty(here, here.community)
        mine = {one.id for one in here.community.changes if one.staff == here.person.id}
        done = line("turned.taken_back") if subject in mine else line("turned.take")
        return _turned(here, await duty.take(here, subject), done)

    async def swap(here: Here, subject: str) -> Reply:
        if not subject:
            return _duty(here, here.community)
        turn = await duty.swap(here, subject)
        if turn.given is None:
            return _turned(here, turn, line("turned.take"))
        begins, ends = turn.given
        return _turned(here, turn, line("turned.swap", begins=begins, ends=ends))

    async def hours(here: Here, subject: str) -> Reply:
        return Reply(form=blank(HoursForm, here, "quiet_hours", subject, _hours_of(here.person)))

    async def quiet(here: Here, subject: str, form: HoursForm) -> Reply:
        hours = read_hours(form.from_, form.until, form.zone)
        community = await duty.be_quiet(here, hours)
        return _duty(here, community, line("turned.quiet_hours"))

    reps = frozenset({Role.REP})
    words = themselves("on", "off", "away", "offer", "take", "swap", "quiet_hours", "hand_over_all")
    return (
        Command("duty", roles=reps, typed=True, opens=look, words=words),
        Command("on", About.CHANGE, reps, opens=on),
        Command("off", roles=reps, opens=off),
        Command("away", roles=reps, form=SpanForm, run=away),
        Command("offer", roles=reps, form=SpanForm, run=offer),
        Command("take", About.CHANGE, reps, opens=take),
        Command("swap", About.CHANGE, reps, opens=swap),
        Command("quiet_hours", roles=reps, form=HoursForm, opens=hours, run=quiet),
    )


def _turned(here: Here, turn: Turn, done: Line) -> Reply:
    """The card after an act: what was done, and whether nobody is on duty now because of it."""
    if turn.gap is None:
        return _duty(here, turn.community, done)
    begins, ends = turn.gap
    nobody = line("turned.nobody", begins=begins, ends=ends)
    return _duty(here, turn.community, done, nobody, tone=Tone.WARNING)


def _duty(here: Here, community: Community, *done: Line, tone: Tone = Tone.PLAIN) -> Reply:
    me = community.person(here.person.id) or here.person
    mine = me.id in {one.id for one in community.on_duty(here.now)}
    offers, days = _offers(community, here.now), _days_off(community, me, here.now)
    fields = (
        *_weeks(here, community),
        Field(line("duty.quiet"), _hours(me)),
        accounts_of(me),
        *(_span_field(line("duty.away_then"), one) for one in days),
        *(_offer_field(here, community, n, one) for n, one in enumerate(offers, 1)),
    )
    buttons = (
        Button("off" if mine else "on", weight=Weight.PRIMARY),
        *(Button(name) for name in ("away", "offer", "quiet_hours")),
        *account_buttons(me),
        Button("hand_over_all"),
        *(Button("on", one.id, said=line("duty.back", date=Day(one.begins))) for one in days),
        *(button for n, one in enumerate(offers, 1) for button in _answers(me, n, one)),
    )
    lines = (*done, line("duty.now", who=on_duty(here.shown_trust, community, here.now)))
    return Reply((Card(line("duty.title"), lines, fields, buttons, tone),))


def _weeks(here: Here, community: Community) -> tuple[Field, ...]:
    """The weeks to come, one a field: who, and from when where it changes within."""
    begins, ends = community.rota.week(here.now)
    fields = []
    for _ in range(WEEKS_SHOWN):
        (_, first), *rest = community.roster(begins, ends)
        who = _who(here, first)
        for (at, _), there in rest:
            who = line("duty.then", before=who, date=at, who=_who(here, there))
        fields.append(Field(line("duty.week", date=begins), who))
        begins, ends = community.rota.week(ends)
    return tuple(fields)


def _who(here: Here, there: tuple[Staff, ...]) -> Line:
    return line("list", items=people(here.shown_trust, there)) if there else line("duty.nobody")


def _hours(me: Staff) -> Line:
    if not me.hours.length:
        return line("duty.never_quiet")
    begins, ends = (f"{at:%H:%M}" for at in (me.hours.begins, me.hours.ends))
    return line("duty.quiet_from", begins=begins, ends=ends, zone=me.hours.zone)


def _hours_of(me: Staff) -> Answers:
    """What the form is filled in with."""
    if not me.hours.length:
        return {"zone": me.hours.zone}
    begins, ends = (f"{at:%H:%M}" for at in (me.hours.begins, me.hours.ends))
    return {"from": begins, "until": ends, "zone": me.hours.zone}


def _days_off(community: Community, me: Staff, now: datetime) -> list[Change]:
    found = (one for one in community.changes if one.staff == me.id and one.lies is Lies.AWAY)
    return sorted((one for one in found if one.ends > now), key=_order)[:LISTED]


def _offers(community: Community, now: datetime) -> list[Change]:
    found = (one for one in community.changes if one.lies is Lies.OFFERED and one.ends > now)
    return sorted(found, key=_order)[:LISTED]


def _order(one: Change) -> tuple[datetime, str]:
    return one.begins, one.id


def _span_field(label: Line, one: Change) -> Field:
    return Field(label, line("duty.span", begins=one.begins, ends=one.ends))


def _offer_field(here: Here, community: Community, n: int, one: Change) -> Field:
    by = community.person(one.staff)
    who = person(here.shown_trust, by) if by else line("staff.former")
    return _span_field(line("duty.offer", number=str(n), who=who), one)


def _answers(me: Staff, n: int, one: Change) -> tuple[Button, ...]:
    number = str(n)
    if one.staff == me.id:
        return (Button("take", one.id, said=line("duty.take_back", number=number)),)
    return (
        Button("take", one.id, said=line("duty.take", number=number)),
        Button("swap", one.id, said=line("duty.swap", number=number)),
    )
