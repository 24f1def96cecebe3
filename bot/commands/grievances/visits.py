"""/receipt: the reporter's view of a case, and what can be done there."""

from dataclasses import dataclass
from datetime import datetime

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
    Tone,
    Weight,
    blank,
    choices,
    line,
    long_text,
    short_text,
)
from bot.commands.grievances.filing import excludable, warned
from bot.commands.words import TONES, conversation, filed, people, role_of, state, target
from bot.domain.cases import Kind, State, View, Why, never_shown
from bot.domain.cases.escalation import RETURN_AFTER
from bot.domain.communities import Target
from bot.domain.grievances import receipts
from bot.domain.grievances.intake import left_out
from bot.domain.grievances.warnings import has_link
from bot.services.grievances.messages import Messages, Said
from bot.services.grievances.visits import Visit, Visits

LONGEST_RECEIPT = 60  #: room for spaces and dashes people add


@dataclass(frozen=True)
class ReceiptForm:
    receipt: str = short_text(LONGEST_RECEIPT, required=False)


@dataclass(frozen=True)
class MessageForm:
    text: str = long_text()


@dataclass(frozen=True)
class LeaveOutForm:
    exclude: tuple[str, ...] = choices(excludable, required=True, note="exclude.note")


def message_form(here: Here, draft: str, text: str = "") -> Reply:
    return Reply(form=blank(MessageForm, here, "message", draft, {"text": text}))


def said(here: Here, taken: Said) -> Reply:
    """The view after a message was taken, or the message held back with what was found in it."""
    if taken.crosses is None:
        buttons = (
            Button("send", taken.draft, Weight.PRIMARY),
            Button("edit", taken.draft),
            Button("cancel", taken.draft),
        )
        words = (Field(line("message.text"), taken.text),)
        card = Card(
            line("held_back.title"), tuple(warned(taken.warnings)), words, buttons, Tone.WARNING
        )
        return Reply((card,))
    return _view(here, taken.visit, line("done.message", date=taken.crosses))


def commands(visits: Visits, messages: Messages) -> tuple[Command, ...]:
    async def come(here: Here, subject: str, form: ReceiptForm) -> Reply:
        if not form.receipt:
            return Reply((Card(line("no_receipt.title"), (line("no_receipt.words"),)),))
        return _view(here, await visits.come(here, receipts.read(form.receipt)))

    async def look(here: Here, subject: str) -> Reply:
        return _view(here, await visits.look(here, subject))

    async def begin_message(here: Here, subject: str) -> Reply:
        return message_form(here, await messages.begin(here, subject))

    async def message(here: Here, subject: str, form: MessageForm) -> Reply:
        return said(here, await messages.take(here, subject, form.text))

    async def choose(here: Here, subject: str) -> Reply:
        await visits.look(here, subject)
        return Reply(form=blank(LeaveOutForm, here, "leave_out", subject))

    async def leave_out(here: Here, subject: str, form: LeaveOutForm) -> Reply:
        visit = await visits.leave_out(here, subject, left_out(here.community, form.exclude))
        return _view(here, visit, _done(visit, "done.leave_out", "done.leave_out_now"))

    async def escalate(here: Here, subject: str) -> Reply:
        visit = await visits.escalate(here, subject)
        return _view(here, visit, _done(visit, "done.escalate", "done.escalate_now"))

    async def agree(here: Here, subject: str) -> Reply:
        visit, done = await visits.agree(here, subject)
        if not done:
            return _view(here, visit, line("view.consent_changed"))
        return _view(here, visit, _done(visit, "done.agree", "done.agree_now"))

    async def not_urgent(here: Here, subject: str) -> Reply:
        visit = await visits.not_urgent(here, subject)
        return _view(here, visit, line("done.not_urgent", date=visit.look_again))

    async def withdraw(here: Here, subject: str) -> Reply:
        visit = await visits.withdraw(here, subject)
        if never_shown(visit.view.case):
            return _view(here, visit, line("done.withdraw_unseen"))
        return _view(here, visit, _done(visit, "done.withdraw", "done.withdraw_now"))

    async def export(here: Here, subject: str) -> Reply:
        return Reply((_export(here, await visits.look(here, subject)),))

    async def delete(here: Here, subject: str) -> Reply:
        slot = await visits.delete(here, subject)
        done = line("deleted.at", date=slot) if slot else line("deleted.now")
        said = (done, line("deleted.backups"))
        return Reply((Card(line("deleted.title"), said, tone=Tone.GOOD),))

    visit = About.VISIT
    return (
        Command("receipt", typed=True, form=ReceiptForm, run=come, strangers=True),
        Command("look", visit, opens=look),
        Command("message", visit, form=MessageForm, opens=begin_message, run=message),
        Command("exclude", visit, opens=choose),
        Command("leave_out", visit, form=LeaveOutForm, opens=choose, run=leave_out),
        Command("escalate", visit, opens=escalate),
        Command("agree", visit, opens=agree),
        Command("not_urgent", visit, opens=not_urgent),
        Command("withdraw", visit, opens=withdraw, sure=True),
        Command("export", visit, opens=export),
        Command("delete", visit, opens=delete, sure=True),
    )


def _view(here: Here, visit: Visit, done: Line | None = None) -> Reply:
    view = visit.view
    lines = [done] if done else []
    lines += _what_happens(here, visit)
    if opened := _opened_by(visit):
        lines.append(line("view.opened_by", who=opened))
    if any(e.by and e.kind is not Kind.NOTE and has_link(e.text) for e in view.entries):
        lines.append(line("view.link"))
    fields = (
        Field(line("view.state"), state(view)),
        *_promise(view),
        Field(line("view.look_again"), line("view.date", date=visit.look_again)),
        Field(line("view.gone"), line("view.date", date=Day(view.gone))),
        *filed(view.case.grievance),
        *conversation(here.shown_trust, visit.community, view, reporter=True),
    )
    tone = Tone.WARNING if view.late else TONES.get(view.state, Tone.PLAIN)
    return Reply((Card(line("view.title"), tuple(lines), fields, _buttons(visit), tone),))


def _done(visit: Visit, at_slot: str, at_once: str) -> Line:
    """What was done, and from when readers know: of an urgent case, now."""
    urgent = visit.view.case.is_urgent and visit.view.case.is_released
    return line(at_once) if urgent else line(at_slot, date=visit.look_again)


def _promise(view: View) -> tuple[Field, ...]:
    """By when somebody must take it: the date that was told, and that never gets later."""
    if view.state is State.WAITING:
        return (Field(line("view.promise"), line("view.date", date=view.case.first_due)),)
    if view.promise is None:
        return ()
    return (Field(line("view.promise"), line("view.date", date=view.promise)),)


def _what_happens(here: Here, visit: Visit) -> list[Line]:
    view, body = visit.view, visit.community.policy.outside_body
    if visit.to_be_deleted:
        return [line("view.to_be_deleted", date=visit.to_be_deleted)]
    said = []
    if visit.put_off:
        said.append(line("view.put_off"))
    if visit.nobody_left and not view.state.over:
        nobody = line("view.nobody_left", body=body) if body else line("view.nobody_left_at_all")
        said.append(nobody)
    if visit.to_agree:
        who = people(here.shown_trust, visit.to_agree)
        said.append(line("view.consent", who=line("list", items=who)))
    if visit.asked_to_climb and visit.asked_to_climb > view.at and not view.state.over:
        said.append(line("view.asked_to_climb", date=visit.asked_to_climb))
    return said + _how_it_stands(visit)


def _how_it_stands(visit: Visit) -> list[Line]:
    view = visit.view
    if view.state is State.WAITING:
        release, answer = view.case.release, view.case.first_due
        return [line("view.next.waiting", date=release, answer=answer)]
    if view.state is State.WITH_REPS:
        return [] if visit.nobody_left else _climb(visit)
    if view.state is State.ACKNOWLEDGED and view.standing.owed and view.next_target:
        return [line("view.now.acknowledged"), _word_due(visit, view.standing.owed)]
    if never_shown(view.case):
        return [line("view.withdrawn_unseen")]
    return [line(f"view.now.{view.state.value}", date=view.since)]


def _climb(visit: Visit) -> list[Line]:
    """Where it is, by when somebody must take it, and what happens if nobody does."""
    view, body = visit.view, visit.community.policy.outside_body
    step = target(view.target, body)
    said = []
    if view.since > view.at:
        return [line("view.next.reopened", date=view.since)]
    if view.target is Target.OUTSIDE:  # it is named, and never sent anything
        late = [line("view.late_here", date=view.missed)] if view.missed else []
        if view.standing.why is Why.NO_WORD:
            late = [line("view.no_word_here")]
        outside = line("view.outside", body=body) if body else line("view.outside_at_all")
        return [*late, outside]
    if view.missed:
        said.append(line("view.late", date=view.missed, step=step))
    elif view.standing.why is Why.NO_WORD:
        said.append(line("view.no_word", step=step))
    elif view.late and view.promise:
        said.append(line("view.late_here", date=view.promise))
    else:
        said.append(line("view.next.with_reps", date=view.case.release, step=step))
    if view.promise and view.promise < view.at:
        said.append(line("view.promise_over", date=visit.look_again))
    elif view.promise and view.next_target:
        facts = {"answer": view.promise, "next": target(view.next_target, body)}
        climbs = "view.climbs_outside" if view.next_target is Target.OUTSIDE else "view.climbs"
        said.append(line(climbs, **facts))
    return said


def _word_due(visit: Visit, owed: datetime) -> Line:
    """What happens if whoever took it falls silent."""
    later = visit.view.next_target or visit.view.target
    body = visit.community.policy.outside_body
    if later is Target.OUTSIDE:
        return line("view.word_due_outside", date=owed + RETURN_AFTER, next=target(later, body))
    return line("view.word_due", date=owed + RETURN_AFTER, next=target(later, body))


def _opened_by(visit: Visit) -> tuple[Line, ...]:
    """The roles that opened the case, not the people: enough to know that it was seen."""
    opened = [e.by for e in visit.view.entries if e.kind is Kind.OPENED]
    people = [visit.community.person(by) for by in opened if by]
    return tuple({role_of(one).key: role_of(one) for one in people if one}.values())


def _buttons(visit: Visit) -> tuple[Button, ...]:
    view, token = visit.view, visit.token
    buttons = []
    if visit.to_be_deleted is None and view.state is not State.WITHDRAWN:
        buttons += [Button("message", token, Weight.PRIMARY)]
        buttons += [Button("agree", token)] if visit.to_agree else []
        buttons += [Button("escalate", token)] if visit.may_escalate else []
        buttons += [Button("exclude", token)]
        if view.case.is_urgent:
            buttons.append(Button("not_urgent", token))
        buttons.append(Button("withdraw", token))
    buttons.append(Button("export", token))
    if visit.to_be_deleted is None:
        buttons.append(Button("delete", token, Weight.DANGER))
    return tuple(buttons)


def _export(here: Here, visit: Visit) -> Card:
    """Everything that is kept of the case, in words, to be copied out."""
    view = visit.view
    fields = (
        Field(line("view.state"), state(view)),
        Field(line("view.release"), line("view.date", date=view.case.release)),
        *filed(view.case.grievance),
        *conversation(here.shown_trust, visit.community, view, reporter=True),
    )
    return Card(line("export.title"), (line("export.copy"),), fields)
