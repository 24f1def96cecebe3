"""The one door into the core: every platform knocks here, and nothing else.

Two handles. ``begin`` answers what was typed or pressed with a reply or a form to show;
``submit`` takes the form's answers. Both always answer and never raise; what they may log is the
type and place of a bug, never a word.
"""

import traceback
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from bot.chat import (
    About,
    Answers,
    Ask,
    Button,
    Caller,
    Card,
    Command,
    Day,
    Form,
    Here,
    Reply,
    Tone,
    Weight,
    about,
    blank,
    line,
    read,
    with_errors,
)
from bot.domain.errors import Invalid, NotAllowed, NotHere, Plain, Refused, UnknownCommand
from bot.ports import Log, Noted
from bot.services.communities import Communities

#: Carries another button's id: that one was pressed, and is meant.
CONFIRM = Command("confirm", About.COMMAND)

_IGNORED = Card(line("ignored.title"), (line("ignored.words"),), tone=Tone.WARNING)


class Door:
    def __init__(self, communities: Communities, commands: Iterable[Command], log: Log) -> None:
        self._communities, self._log = communities, log
        self._commands = {command.name: command for command in (*commands, CONFIRM)}

    @property
    def commands(self) -> tuple[Command, ...]:
        """All that people can do, for manifests, completion and synchronising."""
        return tuple(self._commands.values())

    async def begin(
        self, name: str, caller: Caller, subject: str = "", *, words: str | None = None
    ) -> Reply:
        """Answer a pressed button, or a typed command.

        ``words``: what stood behind the command, None for a button. A fixed word of the command is
        the button of that name; anything else is never kept and never repeated, and the reply says
        that it was ignored.
        """
        word = (words or "").strip().casefold()
        if name in self._commands and word in self._commands[name].words:
            return await self._begin(word, caller, subject, typed=False)
        reply = await self._begin(name, caller, subject, typed=words is not None)
        ignored = words is not None and words.strip()
        return replace(reply, cards=(_IGNORED, *reply.cards)) if ignored else reply

    async def _begin(self, name: str, caller: Caller, subject: str, *, typed: bool) -> Reply:
        try:
            here = await self._communities.meet(caller)
            if typed and not (name in self._commands and self._commands[name].typed):
                raise UnknownCommand
            if name == CONFIRM.name:
                name, subject = about(subject)
                return await _open(self._allowed(name, here), here, subject)
            command = self._allowed(name, here)
            if command.sure:
                return _ask_once_more(command, subject)
            return await _open(command, here, subject)
        except Refused as refusal:
            return refused(refusal)
        except Exception as bug:
            return self._sorry(bug)

    async def submit(self, name: str, caller: Caller, subject: str, answers: Answers) -> Reply:
        """Take a form's answers, or say why not (``Reply.taken``).

        Whatever goes wrong, what was typed comes back with the form, so that nothing is lost.
        """
        shown: Form | None = None
        try:
            here = await self._communities.meet(caller)
            command = self._allowed(name, here)
            if command.form is None or command.run is None:
                raise UnknownCommand
            shown = blank(command.form, here, name, subject)
            form = read(command.form, shown, answers)
            if isinstance(form, Form):
                return Reply(form=form, taken=False)
            reply: Reply = await command.run(here, subject, form)
            return reply
        except Invalid as invalid:
            return _returned(shown, answers, refused(invalid), invalid.field)
        except Refused as refusal:
            return _returned(shown, answers, refused(refusal))
        except Exception as bug:
            return _returned(shown, answers, self._sorry(bug))

    def _allowed(self, name: str, here: Here) -> Command:
        command = self._commands.get(name)
        if command is None:
            raise UnknownCommand
        if not command.roles & here.roles:
            raise NotAllowed
        if command.for_staff and here.employer_owned and not command.anywhere:
            raise NotHere
        return command

    def _sorry(self, bug: Exception) -> Reply:
        where = traceback.extract_tb(bug.__traceback__)[-1]
        place = f"{where.filename.rsplit('/', 1)[-1]}:{where.lineno}"
        self._log.note(Noted.BUG, kind=type(bug).__name__, place=place)
        return Reply((Card(line("refused.title"), (line("refused.sorry"),), tone=Tone.WARNING),))


def refused(refusal: Refused) -> Reply:
    """A refusal as a card that says why and what to do."""
    reason = refusal.reason if isinstance(refusal, Invalid) else refusal.key
    facts = {name: _fact(name, one) for name, one in refusal.facts.items()}
    said = line(reason, **facts)
    return Reply((Card(line("refused.title"), (said,), tone=Tone.WARNING),))


def _fact(name: str, one: Plain) -> Plain | Day:
    """What is called ``day`` may be far off: it is said with its year, and without its hour."""
    return Day(one) if name == "day" and isinstance(one, datetime) else one


async def _open(command: Command, here: Here, subject: str) -> Reply:
    if command.opens is not None:
        return await command.opens(here, subject)
    if command.form is None:
        raise UnknownCommand
    return Reply(form=blank(command.form, here, command.name, subject))


def _ask_once_more(command: Command, subject: str) -> Reply:
    target = Button(command.name, subject).id
    button = Button("confirm", target, Weight.DANGER, line(f"button.{command.name}"))
    said = (line(f"confirm.{command.name}"),)
    return Reply((Card(line("confirm.title"), said, buttons=(button,), tone=Tone.WARNING),))


def _returned(
    shown: Form | None, answers: Answers, reply: Reply, field: str | None = None
) -> Reply:
    """The refusal beside a field of the form that was sent, with all that was typed."""
    if shown is None or not shown.questions:
        return replace(reply, taken=False)
    said = reply.cards[0].lines[0]
    own_words = [question.id for question in shown.questions if question.ask is Ask.LONG_TEXT]
    at = field if field in {q.id for q in shown.questions} else None
    at = at or next(iter(own_words), shown.questions[-1].id)
    return Reply(form=with_errors(shown, answers, {at: said}), taken=False)
