"""One talk: a person alone with the bot in a direct room, and what is remembered of it meanwhile.

In memory alone, and for half an hour after they last wrote; of what came to them unasked a week,
which is how long an offer holds. Who they are, what they typed and what they were shown is in no
log, no error and no repr.
"""

import asyncio
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from string import ascii_lowercase
from typing import Any

from bot.chat import Button, Voice, line
from bot.dialogue import Choice, Dialogue, Word, number_in, plain
from bot.texts import Speaker

REMEMBERED = timedelta(minutes=30).total_seconds()  #: seconds after its person last wrote
COPIED = timedelta(minutes=5).total_seconds()  #: seconds in which somebody may be copying a receipt
OFFERED = timedelta(days=7).total_seconds()  #: seconds that what came unasked can be answered
#: What cannot be taken back is done by a word: a number that was typed twice, because the answer was
#: slow, would send what nobody had looked at yet, or take a receipt away.
_BY_WORD = {
    "send": Word.SEND.said,
    "send_urgent": line("talk.word.urgent"),
    "saved": line("talk.word.saved"),
    "confirm": line("talk.word.yes"),
}
_LETTER = re.compile(r"([a-z])[.)]?")


@dataclass(frozen=True, slots=True)
class Offer:
    """A button that can be pressed by typing. ``room``: the shared room it is pressed from, empty in
    the talk alone; ``until``: on the clock that only runs, where it does not go with the talk."""

    typed: str
    button: Button = field(repr=False)
    room: str = field(default="", repr=False)
    until: float = 0.0

    @property
    def choice(self) -> Choice:
        return Choice(self.typed, self.button.label)


@dataclass(frozen=True, slots=True)
class Shown:
    """A message that passes. ``about``: what it is about; ``at``: on the clock that only runs;
    ``receipt``: whether a receipt that nobody had seen before is in it."""

    event: str = field(repr=False)
    about: frozenset[str] = field(repr=False)
    at: float
    receipt: bool = False


@dataclass(slots=True, eq=False, repr=False)
class Talk:
    """``last``: what the last card offers; ``told``: what came unasked offers; ``opened_from``: the
    shared room where the form was asked for; ``begun``: whether anything was asked and answered, as
    far as we know; ``passes_on``: whether a device that is signed later may go on with it, for none
    was when it was begun; ``of_staff``: whether anything came unasked; ``passing``: messages that go when
    the talk ends, what they are about is taken away, or they have stood for half an hour; ``found``:
    whether an earlier process may have said more there; ``answered``: what was typed, by
    the platform's ids, for it may come twice, and the answer to the last of it."""

    account: str
    voice: Voice
    heard: float = 0.0
    last: tuple[Offer, ...] = ()
    told: tuple[Offer, ...] = ()
    dialogue: Dialogue | None = None
    opened_from: str = ""
    begun: bool = False
    passes_on: bool = True
    of_staff: bool = False
    found: bool = False
    passing: list[Shown] = field(default_factory=list)
    answered: dict[str, list[Any]] = field(default_factory=dict)
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)

    def is_over(self, now: float) -> bool:
        return now - self.heard >= REMEMBERED

    @property
    def remembers(self) -> bool:
        """Whether there is anything that goes when the talk ends."""
        return bool(self.last or self.dialogue or self.passing)

    def end(self) -> tuple[str, ...]:
        """Forget all but what came unasked; gives the messages that are to go."""
        self.last, self.dialogue, self.opened_from, self.begun = (), None, "", False
        self.answered = {}
        return self.taken_away(None)

    def taken_away(self, subject: str | None) -> tuple[str, ...]:
        """The messages about ``subject`` that are to go; about anything, where it is None."""
        return self._gone(lambda one: subject is None or subject in one.about)

    def stood(self, now: float) -> tuple[str, ...]:
        """The messages that have been there for half an hour, whatever was said since."""
        return self._gone(lambda one: now - one.at >= REMEMBERED)

    def stopped(self, now: float) -> tuple[str, ...]:
        """The messages that go when the program stops: all but the receipt of what was just sent,
        which its worker would have lost."""
        unsent = any(one.button.name == "send" for one in self.last)
        return self._gone(lambda one: unsent or not one.receipt or now - one.at >= COPIED)

    def _gone(self, which: Callable[[Shown], bool]) -> tuple[str, ...]:
        gone = [one for one in self.passing if which(one)]
        self.passing = [one for one in self.passing if one not in gone]
        return tuple(one.event for one in gone)

    def meant(self, text: str, speaker: Speaker, now: float) -> Offer | None:
        """The button that is pressed by typing this: by its number, letter or word, else by its label
        or name where only one has it."""
        self.told = tuple(one for one in self.told if one.until > now)
        typed, number = plain(text).rstrip(" ."), number_in(text)
        letter = _LETTER.fullmatch(typed)
        if number is not None or letter:
            wanted = str(number) if number is not None else typed[0]
            return next((one for one in (*self.last, *self.told) if one.typed == wanted), None)
        for offers in (self.last, self.told):
            named = [one for one in offers if typed in _names(one, speaker)]
            if len(named) == 1:
                return named[0]
        return None


def numbers(
    buttons: Iterable[Button], room: str, speaker: Speaker, after: tuple[Offer, ...] = ()
) -> tuple[Offer, ...]:
    """The buttons of a card that was asked for, counted from 1, or on from those ``after`` which it
    stands. What has a word has no number."""
    found = list(after)
    for one in buttons:
        word = _BY_WORD.get(one.name)
        number = sum(offer.typed.isdecimal() for offer in found) + 1
        found.append(Offer(speaker.say(word) if word else str(number), one, room))
    return tuple(found[len(after) :])


def lettered(buttons: Collection[Button], talk: Talk, until: float) -> tuple[Offer, ...]:
    """The buttons of a card that nobody asked for: by letters that no other has, so that a number
    never means something that came in between. Where there are none left, the oldest go."""
    kept = talk.told[-(len(ascii_lowercase) - len(buttons)) :]
    free = [letter for letter in ascii_lowercase if letter not in {one.typed for one in kept}]
    new = tuple(Offer(free[at], one, until=until) for at, one in enumerate(buttons))
    talk.told = (*kept, *new)
    return new


def _names(one: Offer, speaker: Speaker) -> tuple[str, ...]:
    label = one.button.label
    return plain(one.typed), plain(speaker.say(label)), one.button.name
