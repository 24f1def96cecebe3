"""What people type for what they want: commands with a prefix or bare, and what we would know as a
choice of ours. Made of the door's own list; knows no talk."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.chat import About, Button, Card, Command, Field, Line, about, line
from bot.dialogue import Word, number_in, plain, word_in
from bot.domain.communities import Role
from bot.texts import Speaker

PREFIXES = ("!", "/")  #: understood besides what the settings say
_NAME = re.compile(r"[a-z_]+")
#: Of one person alone: what is about these goes when the talk ends. So does what staff read of a case.
_OWN = (About.DRAFT, About.VISIT, About.POLL)
#: Buttons that no word behind a command does, and the command that shows them.
_SHOWN_BY = {"answer": "pulse", "poll_outcome": "poll results"}


@dataclass(frozen=True, slots=True)
class Behind:
    """A command, and what stood behind it."""

    name: str
    behind: str = field(repr=False)


class Typed:
    def __init__(self, commands: Iterable[Command], prefix: str) -> None:
        self._commands = {one.name: one for one in commands}
        typed = [one for one in self._commands.values() if one.typed]
        self._prefixes = sorted({prefix, *PREFIXES}, key=len, reverse=True)
        self._words = {one.name: one.words for one in typed}
        self._meant = {
            name: f"{one.name} {word}" for one in typed for word, name in one.words.items()
        }
        self._meant |= {one.name: one.name for one in typed} | _SHOWN_BY

    def knows(self, name: str) -> bool:
        """Whether it is a command that is typed."""
        return name in self._words

    def command(self, text: str) -> Behind | None:
        """What begins with a prefix, whether or not it is a command of ours."""
        text = text.strip()
        prefix = next((one for one in self._prefixes if text.startswith(one)), None)
        if prefix is None:
            return None
        name, *behind = text[len(prefix) :].split(maxsplit=1) or [""]
        name = name.casefold()
        return Behind(name, behind[0] if behind else "") if _NAME.fullmatch(name) else None

    def known(self, text: str) -> Command | None:
        """Likewise, where it is one of ours."""
        typed = self.command(text)
        return self._commands[typed.name] if typed and self.knows(typed.name) else None

    def bare(self, text: str) -> Behind | None:
        """A command without a prefix: its name alone, or with one of its words. More than that is a
        sentence that happens to begin with it."""
        name, _, word = plain(text).partition(" ")
        if name in self._words and (not word or word in self._words[name]):
            return Behind(name, word)
        return None

    def chooses(self, text: str, speaker: Speaker) -> bool:
        """Whether it would choose something of a card, if there were one."""
        pressed = self._commands.keys() - self._words.keys()
        return (
            number_in(text) is not None
            or plain(text) in pressed
            or word_in(text, speaker) in (Word.SEND, Word.DONE, Word.KEEP, Word.SKIP, Word.BACK)
        )

    def leads_to(self, button: Button) -> str:
        """What is typed, now or later, for what a button does; empty where nothing is."""
        return self._meant.get(button.name, "")

    def commands(self, card: Card) -> tuple[str, ...]:
        """Likewise of all of a card's buttons, each once."""
        return tuple(dict.fromkeys(filter(None, map(self.leads_to, card.buttons))))

    def passing(self, name: str, subject: str) -> frozenset[str]:
        """What a message is about that goes when its talk ends: a draft, a visit, one's own answers,
        a case. A role that is offered is about a draft, too, and no secret of a talk."""
        if name == "confirm":
            name, subject = about(subject)
        command = self._commands.get(name)
        own = command and command.about in _OWN and not command.for_staff and not command.sets_up
        passes = own or (command and command.about is About.CASE)
        return frozenset({subject}) if passes and subject else frozenset()

    def listed(self, *said: Line) -> Card:
        """What anybody can type; ``said``: what is told before it."""
        able = [
            one for one in self._commands.values() if one.typed and one.listed_for({Role.WORKER})
        ]
        fields = tuple(
            Field(line("help.typed", name=one.name), line(f"command.{one.name}")) for one in able
        )
        return Card(line("talk.open"), said, fields)
