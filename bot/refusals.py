"""How the door says no: as a card, or beside a field of the form, which comes back as it was filled in.

Says why and what to do; of a bug no more than that there was one.
"""

from dataclasses import replace
from datetime import datetime

from bot.chat import (
    Answers,
    Ask,
    Button,
    Card,
    Command,
    Day,
    Form,
    Reply,
    Tone,
    Weight,
    line,
    with_errors,
)
from bot.domain.errors import Invalid, Plain, Refused

#: What stood behind a command and means nothing there.
IGNORED = Card(line("ignored.title"), (line("ignored.words"),), tone=Tone.WARNING)
#: A bug of ours.
SORRY = Reply((Card(line("refused.title"), (line("refused.sorry"),), tone=Tone.WARNING),))


def refused(refusal: Refused) -> Reply:
    """A refusal as a card that says why and what to do."""
    reason = refusal.reason if isinstance(refusal, Invalid) else refusal.key
    facts = {name: _fact(name, one) for name, one in refusal.facts.items()}
    said = line(reason, **facts)
    return Reply((Card(line("refused.title"), (said,), tone=Tone.WARNING),))


def _fact(name: str, one: Plain) -> Plain | Day:
    """What is called ``day`` may be far off: it is said with its year, and without its hour."""
    return Day(one) if name == "day" and isinstance(one, datetime) else one


def ask_once_more(command: Command, subject: str) -> Reply:
    """What is done only when it is pressed a second time."""
    target = Button(command.name, subject).id
    button = Button("confirm", target, Weight.DANGER, line(f"button.{command.name}"))
    said = (line(f"confirm.{command.name}"),)
    return Reply((Card(line("confirm.title"), said, buttons=(button,), tone=Tone.WARNING),))


def returned(shown: Form | None, answers: Answers, reply: Reply, field: str | None = None) -> Reply:
    """The refusal beside a field of the form that was sent, with all that was typed."""
    if shown is None or not shown.questions:
        return replace(reply, taken=False)
    said = reply.cards[0].lines[0]
    own_words = [question.id for question in shown.questions if question.ask is Ask.LONG_TEXT]
    at = field if field in {q.id for q in shown.questions} else None
    at = at or next(iter(own_words), shown.questions[-1].id)
    return Reply(form=with_errors(shown, answers, {at: said}), taken=False)
