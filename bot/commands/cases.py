"""/cases: the reps' work list, a case, and what they say and do in it."""

from dataclasses import dataclass

from bot.chat import (
    About,
    Button,
    Card,
    Command,
    Day,
    Field,
    Here,
    Line,
    Reply,
    Run,
    Tone,
    Weight,
    blank,
    line,
    long_text,
)
from bot.commands.words import TONES, category, conversation, filed, person, target
from bot.domain.cases import Kind, State, View
from bot.domain.cases.escalation import LAW_ACKNOWLEDGED, LAW_FEEDBACK
from bot.domain.communities import Community, Role, StaffId, Target
from bot.services.cases.desk import Cases, Desk, WorkList, owed_by
from bot.services.cases.handing import HandedAll, Handing
from bot.services.cases.telling import is_muted

LISTED = 20  #: cases on one card, so that their buttons fit everywhere; "next" walks on


@dataclass(frozen=True)
class TextForm:
    text: str = long_text()


@dataclass(frozen=True)
class ResolveForm:
    outcome: str = long_text()


@dataclass(frozen=True)
class NoteForm:
    note: str = long_text()


def commands(cases: Cases, handing: Handing) -> tuple[Command, ...]:
    async def work_list(here: Here, subject: str) -> Reply:
        return Reply((_list(await cases.work_list(here)),))

    async def open_one(here: Here, subject: str) -> Reply:
        return _desk(here, await cases.open(here, subject))

    async def acknowledge(here: Here, subject: str) -> Reply:
        return _desk(here, await cases.acknowledge(here, subject), "acknowledge")

    async def close(here: Here, subject: str) -> Reply:
        return _desk(here, await cases.close(here, subject), "close")

    async def following(here: Here, subject: str) -> Reply:
        desk = await cases.next_after(here, subject)
        if desk is None:
            return Reply((Card(line("cases.title"), (line("cases.no_other"),), tone=Tone.GOOD),))
        return _desk(here, desk)

    async def resolve(here: Here, subject: str, form: ResolveForm) -> Reply:
        desk = await cases.say(here, subject, Kind.RESOLVE, form.outcome)
        return _desk(here, desk, "resolve")

    def written(kind: Kind) -> Command:
        async def begin(here: Here, subject: str) -> Reply:
            await cases.look(here, subject)
            return Reply(form=blank(TextForm, here, kind.value, subject))

        async def say(here: Here, subject: str, form: TextForm) -> Reply:
            return _desk(here, await cases.say(here, subject, kind, form.text), kind.value)

        return Command(kind.value, case, reps, form=TextForm, opens=begin, run=say)

    def handed(name: str, run: Run) -> Command:
        async def begin(here: Here, subject: str) -> Reply:
            await cases.look(here, subject)
            return Reply(form=blank(NoteForm, here, name, subject))

        return Command(name, case, reps, form=NoteForm, opens=begin, run=run)

    async def bring_in(here: Here, subject: str, form: NoteForm) -> Reply:
        desk, drawn = await handing.bring_in(here, subject, form.note)
        if drawn is None:
            return _desk(here, desk, "ask_consent")
        return _desk(here, desk, said=line("did.bring_in", who=person(here.shown_trust, drawn)))

    async def hand_over(here: Here, subject: str, form: NoteForm) -> Reply:
        desk, drawn = await handing.hand_over(here, subject, form.note)
        return _desk(here, desk, said=line("did.hand_over", who=person(here.shown_trust, drawn)))

    async def hand_over_all(here: Here, subject: str) -> Reply:
        return Reply((_handed_all(await handing.hand_over_all(here)),))

    async def recuse(here: Here, subject: str) -> Reply:
        await handing.recuse(here, subject)
        said = (line("recused.words"),)
        card = Card(line("recused.title"), said, buttons=(Button("cases"),))
        return Reply((card,), takes_away=True)

    async def mute(here: Here, subject: str) -> Reply:
        desk, muted = await handing.mute(here, subject)
        return _desk(here, desk, said=line("did.mute" if muted else "did.unmute"))

    async def outcome(here: Here, subject: str) -> Reply:
        await cases.look(here, subject)
        return Reply(form=blank(ResolveForm, here, "resolve", subject))

    case, reps = About.CASE, frozenset({Role.REP, Role.ORGANISER})
    return (
        Command("cases", roles=reps, typed=True, opens=work_list),
        Command("open", case, reps, opens=open_one),
        Command("acknowledge", case, reps, opens=acknowledge),
        written(Kind.REPLY),
        written(Kind.ASK),
        written(Kind.NOTE),
        handed("bring_in", bring_in),
        handed("hand_over", hand_over),
        Command("hand_over_all", roles=frozenset({Role.REP}), opens=hand_over_all, sure=True),
        Command("recuse", case, reps, opens=recuse),
        Command("mute", case, reps, opens=mute),
        Command("resolve", case, reps, form=ResolveForm, opens=outcome, run=resolve),
        Command("close", case, reps, opens=close, sure=True),
        Command("next", case, reps, opens=following),
    )


def _list(found: WorkList) -> Card:
    if not found.views:
        return Card(line("cases.title"), (line("cases.none"),), tone=Tone.GOOD)
    shown = found.views[:LISTED]
    fields = tuple(Field(_title(v), _due(v)) for v in shown)
    buttons = tuple(
        Button(
            "open",
            view.case.number,
            Weight.PRIMARY if view is shown[0] else Weight.PLAIN,
            line("cases.open", number=view.case.number),
        )
        for view in shown
    )
    said = line("cases.some", n=len(found.views), shown=len(shown))
    tone = Tone.WARNING if any(view.late for view in shown) else Tone.PLAIN
    return Card(line("cases.title"), (said,), fields, buttons, tone)


def _due(view: View) -> Line:
    about = category(view.case.grievance.category)
    due = owed_by(view)
    if view.missed and view.promise:
        return line("cases.late_now", category=about, late=view.missed, date=view.promise)
    if view.missed:
        return line("cases.late", category=about, date=view.missed)
    if due:
        if view.late:
            return line("cases.late", category=about, date=due)
        if view.promise:
            return line("cases.due", category=about, date=due)
        return line("cases.owed", category=about, date=due)
    when = "cases.from" if view.since > view.at else "cases.since"
    return line(when, category=about, state=_staff_state(view), date=view.since)


def _staff_state(view: View) -> Line:
    return line(f"staff_state.{view.state.value}")


def _desk(here: Here, desk: Desk, done: str = "", said: Line | None = None) -> Reply:
    view = desk.view
    if view.state is State.WITHDRAWN:
        gone = (line("case.withdrawn", date=view.since),)
        following = (Button("next", view.case.number),)
        return Reply((Card(_title(view), gone, buttons=following),))
    lines = [line(f"did.{done}", date=desk.crosses)] if done and desk.crosses else []
    lines += [said] if said else []
    fields = (
        Field(line("view.state"), _staff_state(view)),
        *_taken(here, desk),
        *_law(view),
        *filed(view.case.grievance),
        *conversation(here.shown_trust, desk.community, view, reporter=False),
    )
    tone = Tone.WARNING if view.late else TONES.get(view.state, Tone.PLAIN)
    lines += _climb(here, desk.community, view)
    buttons = _buttons(view, here.person.id)
    return Reply((Card(_title(view), tuple(lines), fields, buttons, tone),))


def _taken(here: Here, desk: Desk) -> tuple[Field, ...]:
    """Who has the case, so that nobody waits for somebody else."""
    taker = desk.view.standing.taker
    one = desk.community.person(taker) if taker else None
    if one is None or desk.view.state.over:
        return ()
    return (Field(line("case.taken_by"), line("list", items=(person(here.shown_trust, one),))),)


def _climb(here: Here, community: Community, view: View) -> list[Line]:
    """Whose turn it is, by when, and whose comes then."""
    body = community.policy.outside_body
    said = []
    if view.missed and view.target is Target.OUTSIDE:
        said.append(line("case.late_here", date=view.missed))
    elif view.missed:
        said.append(line("case.late", date=view.missed, step=target(view.target, body)))
    if view.promise:
        said.append(line("case.due", date=view.promise))
    if view.promise and view.next_target:
        then = "case.then_outside" if view.next_target is Target.OUTSIDE else "case.then"
        said.append(line(then, step=target(view.next_target, body)))
    if view.state is State.WITH_REPS and view.target is Target.OUTSIDE:
        said.append(line("case.outside", body=body) if body else line("case.no_outside"))
    if view.state is State.ACKNOWLEDGED and (owed := owed_by(view)):
        mine = view.standing.taker == here.person.id
        said.append(line("case.owed" if mine else "case.owed_by_other", date=owed))
    return said


def _law(view: View) -> tuple[Field, ...]:
    """The dates of the directive, from the first slot, for those who must keep to it."""
    if view.state.over:
        return ()
    first, last = (Day(view.case.told + days) for days in (LAW_ACKNOWLEDGED, LAW_FEEDBACK))
    if view.state is State.WITH_REPS:
        return (Field(line("case.law"), line("case.law_dates", first=first, last=last)),)
    return (Field(line("case.law"), line("case.law_last", last=last)),)


def _handed_all(done: HandedAll) -> Card:
    said = [line("handed_all.gone", n=done.gone)]
    if done.stayed:
        said.append(line("handed_all.stayed", n=done.stayed))
    return Card(line("handed_all.title"), tuple(said), tone=Tone.GOOD)


def _title(view: View) -> Line:
    return line(
        "case.urgent_title" if view.case.is_urgent else "case.title", number=view.case.number
    )


def _buttons(view: View, me: StaffId) -> tuple[Button, ...]:
    names = ["acknowledge"] if view.state is State.WITH_REPS else []
    if view.state.over:
        names += ["reply", "note", "next"]
    else:
        names += ["reply", "ask", "note", "bring_in", "hand_over", "recuse", "mute"]
        names += ["resolve", "close", "next"]
    weights = {names[0]: Weight.PRIMARY, "close": Weight.DANGER}
    said = {"mute": line("button.unmute")} if is_muted(view.case, me) else {}
    return tuple(
        Button(name, view.case.number, weights.get(name, Weight.PLAIN), said.get(name))
        for name in names
    )
