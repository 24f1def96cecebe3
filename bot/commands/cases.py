"""/cases: the reps' work list, a case, and what they say and do in it."""

from dataclasses import dataclass

from bot.chat import (
    About,
    Button,
    Card,
    Command,
    Field,
    Here,
    Line,
    Reply,
    Tone,
    Weight,
    blank,
    line,
    long_text,
)
from bot.commands.words import TONES, conversation, filed
from bot.domain.cases import Kind, State, View
from bot.domain.communities import Role
from bot.services.cases import Cases, Desk, WorkList

LISTED = 20  #: cases on one card, so that their buttons fit everywhere; "next" walks on


@dataclass(frozen=True)
class TextForm:
    text: str = long_text()


@dataclass(frozen=True)
class ResolveForm:
    outcome: str = long_text()


def commands(cases: Cases) -> tuple[Command, ...]:
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
        Command("resolve", case, reps, form=ResolveForm, opens=outcome, run=resolve),
        Command("close", case, reps, opens=close, sure=True),
        Command("next", case, reps, opens=following),
    )


def _list(found: WorkList) -> Card:
    if not found.views:
        return Card(line("cases.title"), (line("cases.none"),), tone=Tone.GOOD)
    shown = found.views[:LISTED]
    fields = tuple(Field(line("cases.one", number=v.case.number), _due(v)) for v in shown)
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
    category = line(f"category.{view.case.grievance.category}")
    if view.late and view.promise:
        return line("cases.late", category=category, date=view.promise)
    if view.promise:
        return line("cases.due", category=category, date=view.promise)
    when = "cases.from" if view.since > view.at else "cases.since"
    return line(when, category=category, state=_staff_state(view), date=view.since)


def _staff_state(view: View) -> Line:
    return line(f"staff_state.{view.state.value}")


def _desk(here: Here, desk: Desk, done: str = "") -> Reply:
    view = desk.view
    if view.state is State.WITHDRAWN:
        said = (line("case.withdrawn", date=view.since),)
        buttons = (Button("next", view.case.number),)
        return Reply((Card(_title(view), said, buttons=buttons),))
    lines = [line(f"did.{done}", date=desk.crosses)] if done and desk.crosses else []
    if view.late and view.promise:
        lines.append(line("case.late", date=view.promise))
    elif view.promise:
        lines.append(line("case.due", date=view.promise))
    fields = (
        Field(line("view.state"), _staff_state(view)),
        *filed(view.case.grievance),
        *conversation(here.space.trust, desk.community, view, reporter=False),
    )
    tone = Tone.WARNING if view.late else TONES.get(view.state, Tone.PLAIN)
    return Reply((Card(_title(view), tuple(lines), fields, _buttons(view), tone),))


def _title(view: View) -> Line:
    return line(
        "case.urgent_title" if view.case.is_urgent else "case.title", number=view.case.number
    )


def _buttons(view: View) -> tuple[Button, ...]:
    names = ["acknowledge"] if view.state is State.WITH_REPS else []
    names += ["reply"] if view.state.over else ["reply", "ask", "note", "resolve", "close"]
    names += ["note"] if view.state.over else []
    first = names[0]
    weights = {first: Weight.PRIMARY, "close": Weight.DANGER}
    return tuple(
        Button(name, view.case.number, weights.get(name, Weight.PLAIN)) for name in [*names, "next"]
    )
