"""The one door into the core: every platform knocks here, and nothing else.

Two handles. ``begin`` answers what was typed or pressed with a reply or a form to show;
``submit`` takes the form's answers. Both always answer and never raise; what they may log is the
type and place of a bug, never a word.
"""

import traceback
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace

from bot.chat import (
    ENGLISH,
    About,
    Answers,
    Asking,
    Button,
    Caller,
    Command,
    Form,
    Here,
    Outside,
    Reply,
    Voice,
    about,
    asking,
    code_text,
    line,
    read,
)
from bot.domain.errors import (
    Invalid,
    KeyChanged,
    NoCommunity,
    NotAllowed,
    NotHere,
    NotOpenYet,
    Refused,
    UnknownCommand,
)
from bot.ports import Log, Noted
from bot.refusals import IGNORED, SORRY, ask_once_more, refused, returned
from bot.services.communities.meeting import Meeting
from bot.services.communities.places import Places
from bot.services.pictures import Pictures
from bot.texts import spoken

#: Carries another button's id: that one was pressed, and is meant.
CONFIRM = Command("confirm", About.COMMAND, sets_up=True)
COMMUNITY = "community"  #: the form that asks which one is meant, about the button that was pressed

#: Characters of what a button or a form of ours is about, at most.
LONGEST_SUBJECT = 52

Place = Here | Outside


@dataclass(frozen=True)
class CommunityForm:
    code: str = code_text()


class Door:
    def __init__(
        self,
        meeting: Meeting,
        places: Places,
        commands: Iterable[Command],
        pictures: Pictures,
        log: Log,
        voice: Voice = ENGLISH,
    ) -> None:
        """``places``: for a platform to tell of them; ``voice``: how strangers are answered, where
        there is no community to speak for."""
        self.places = places
        self._meeting, self._pictures, self._log = meeting, pictures, log
        self._voice = voice
        asks = Command(COMMUNITY, About.COMMAND, form=CommunityForm, run=self._name, sets_up=True)
        asks = replace(asks, outside=asks)
        self._commands = {command.name: command for command in (*commands, CONFIRM, asks)}

    @property
    def commands(self) -> tuple[Command, ...]:
        """All that people can do, for manifests, completion and synchronising."""
        return tuple(self._commands.values())

    async def guarded(self, do: Callable[[], Awaitable[None]], *expected: type[Exception]) -> bool:
        """A platform's own work: a bug in it is noted by type and place, and stops nothing else;
        what is ``expected`` goes on. Whether it ended well."""
        try:
            await do()
        except expected:
            raise
        except Exception as bug:
            self._note(bug)
            return False
        return True

    def warned(self, platform: str, kind: str, place: str) -> None:
        """A platform cannot do something of its own until the operator sees to it."""
        self._log.note(Noted.WARNED, platform=platform, kind=kind, place=place)

    async def keeps(self, platform: str, account: str) -> bool:
        """Whether an account is kept anyway, being one of staff."""
        return await self._meeting.keeps(Caller(platform, "", account))

    async def begin(
        self, name: str, caller: Caller, subject: str = "", *, words: str | None = None
    ) -> Reply:
        """Answer a pressed button, or a typed command.

        ``words``: what stood behind the command, None for a button. A fixed word of the command is
        a command, too, and so is its button (``Command.word``); anything else is never kept and
        never repeated, and the reply says that it was ignored.
        """
        subject, word = self._sound(subject), (words or "").strip().casefold()
        if meant := self._meant(name, word):
            return await self._begin(meant, caller, subject, typed=False)
        behind, _, whose = subject.partition(".")
        if words is None and (meant := self._meant(behind, name)):
            return await self._begin(meant, caller, whose, typed=False)
        reply = await self._begin(name, caller, subject, typed=words is not None)
        ignored = words is not None and words.strip()
        return replace(reply, cards=(IGNORED, *reply.cards)) if ignored else reply

    async def _begin(self, name: str, caller: Caller, subject: str, *, typed: bool) -> Reply:
        place: Place | None = None
        try:
            place = await self._place(name, caller, subject)
            reply = await self._opened(place, name, subject, typed=typed)
            return await self._developed(self._voiced(reply, caller, place))
        except Refused as refusal:
            return self._voiced(refused(refusal), caller, place)
        except Exception as bug:
            return self._voiced(self._sorry(bug), caller, place)

    async def _place(self, name: str, caller: Caller, subject: str) -> Place:
        """Where they act. What is about a place that is nobody's is not about a community that they
        may have named there."""
        command = self._commands.get(name)
        strangers = self._for_strangers(name, subject)
        members = command is not None and command.for_members
        place = await self._meeting.meet(caller, subject, strangers=strangers, members=members)
        nobodys = isinstance(place, Here) and caller.room and not place.space.id
        return self._meeting.outside(caller) if nobodys and command and command.outside else place

    async def _opened(self, place: Place, name: str, subject: str, *, typed: bool) -> Reply:
        if typed and not (name in self._commands and self._commands[name].typed):
            raise UnknownCommand
        if isinstance(place, Here) and name == CONFIRM.name:
            name, subject = about(subject)
            return await _open(self._allowed(name, place), place, subject)
        command = self._allowed(name, place)
        if command.name == COMMUNITY != name:  # its code comes first, then what was wanted
            subject = Button(name, subject).id
        if command.sure:
            return ask_once_more(command, subject)
        return await _open(command, place, subject)

    async def submit(self, name: str, caller: Caller, subject: str, answers: Answers) -> Reply:
        """Take a form's answers, or say why not (``Reply.taken``).

        Whatever goes wrong, what was typed comes back with the form, so that nothing is lost.
        """
        subject = self._sound(subject)
        place: Place | None = None
        shown: Form | None = None
        try:
            place = await self._place(name, caller, subject)
            command = self._allowed(name, place)
            if command.name != name:
                raise NoCommunity
            if command.run is None:
                raise UnknownCommand
            asked = await _asked(command, place, subject)
            shown = asking(asked, place, name, subject)
            form = read(asked.form, shown, answers)
            if isinstance(form, Form):
                return self._voiced(Reply(form=form, taken=False), caller, place)
            reply = await command.run(place, subject, form)
            if name == COMMUNITY:
                return reply  # what was wanted has answered, in its own voice
            return await self._developed(self._voiced(reply, caller, place))
        except Invalid as invalid:
            back = returned(shown, answers, refused(invalid), invalid.field)
        except Refused as refusal:
            back = returned(shown, answers, refused(refusal))
        except Exception as bug:
            back = returned(shown, answers, self._sorry(bug))
        return self._voiced(back, caller, place)

    async def _name(self, place: Place, subject: str, form: CommunityForm) -> Reply:
        """A community was named: on with what was wanted. A place that belongs to one is that one's,
        whatever is typed there: nobody tries codes of others in it."""
        if isinstance(place, Outside) or not place.space.id:
            strangers = self._for_strangers(*about(subject))
            await self._meeting.name(place.caller, form.code, strangers=strangers)
        return await self.begin(*_wanted(subject, place.caller))

    def _sound(self, subject: str) -> str:
        """What a button or form came back about. What none of ours carries is about nothing that there
        is, and comes no further: it may be no text at all, or longer than anything."""
        if len(subject) <= LONGEST_SUBJECT and subject.isascii() and subject.isprintable():
            return subject
        name, _ = about(subject)
        return f"{name}:?" if name in self._commands else "?"

    def _for_strangers(self, name: str, subject: str) -> bool:
        command = self._commands.get(about(subject)[0] if name == CONFIRM.name else name)
        return command is not None and command.for_strangers

    def _meant(self, name: str, word: str) -> str:
        """The command that a word behind a typed one means; empty where it means none."""
        return self._commands[name].words.get(word, "") if name in self._commands else ""

    def _voiced(self, reply: Reply, caller: Caller, place: Place | None) -> Reply:
        """With the voice it is said in: what is said to one person in their own language, what
        everybody reads in the community's; and with what its form leads to."""
        own = "" if reply.public else spoken(caller.language)
        voice = replace(self._voice, language=own or self._voice.language)
        if isinstance(place, Here):
            voice = Voice.of(place.community, own)
        return replace(reply, form=self._leading(reply.form), voice=reply.own_voice or voice)

    def _leading(self, form: Form | None) -> Form | None:
        command = self._commands.get(form.name) if form else None
        return replace(form, previewed=command.previewed) if form and command else form

    async def _developed(self, reply: Reply) -> Reply:
        """With every chart as a picture."""
        cards = [await self._pictures.developed(one, reply.voice) for one in reply.cards]
        return replace(reply, cards=tuple(cards))

    def _allowed(self, name: str, here: Place) -> Command:
        """The command, where the caller may use it; outside of all communities what it is there,
        or the question in which one it is meant."""
        command = self._commands.get(name)
        if command is None:
            raise UnknownCommand
        if isinstance(here, Outside):
            there = command.outside if here.caller.room else None  # alone with the bot is no place
            return there or self._commands[COMMUNITY]
        if not command.roles & here.roles:
            raise KeyChanged if here.other_hand else NotAllowed
        if here.community.opened is None and not command.sets_up:
            raise NotOpenYet
        if command.for_staff and here.employer_owned and not command.anywhere:
            raise NotHere
        return command

    def _note(self, bug: Exception) -> None:
        where = traceback.extract_tb(bug.__traceback__)[-1]
        place = f"{where.filename.rsplit('/', 1)[-1]}:{where.lineno}"
        self._log.note(Noted.BUG, kind=type(bug).__name__, place=place)

    def _sorry(self, bug: Exception) -> Reply:
        self._note(bug)
        return SORRY


async def _open(command: Command, here: Place, subject: str) -> Reply:
    if command.opens is not None:
        return await command.opens(here, subject)
    asked = await _asked(command, here, subject)
    return Reply(form=asking(asked, here, command.name, subject))


async def _asked(command: Command, here: Place, subject: str) -> Asking:
    """The command's form; a poll's is made of its questions."""
    if command.asks is not None:
        return await command.asks(here, subject)
    if command.form is None:
        raise UnknownCommand
    return Asking(command.form, (line(f"{command.name}.above"),))


def _wanted(id: str, caller: Caller) -> tuple[str, Caller, str]:
    """What was pressed or typed before the community was named."""
    name, subject = about(id)
    return name, caller, subject
