"""What somebody meant by what they typed: a number, an option's own label, or one of our words.

Options that are numbers themselves (from 0 to 10) are chosen by what they say, never by their place
in the list. What was typed is read here and kept nowhere.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from unicodedata import combining, normalize

from bot.chat import Ask, Line, Option, Question, line
from bot.domain.errors import Invalid
from bot.domain.grievances.intake import LONGEST_TEXT
from bot.texts import Speaker

Given = str | tuple[str, ...]
_UNSEEN = re.compile("[\u200b\u2060\ufeff]")  #: what a platform put between the letters it showed
_ACCOUNT = re.compile(r"@[^\s:@]+:\S+")
_LONGEST_NUMBER = 3


class Word(StrEnum):
    """What is understood at every question, in English and in the language that is spoken."""

    BACK = "back"
    CANCEL = "cancel"
    HELP = "help"
    SKIP = "skip"
    KEEP = "keep"
    SEND = "send"
    DONE = "done"

    @property
    def said(self) -> Line:
        return line(_SAID[self])


_SAID = {
    Word.BACK: "dialogue.word.back",
    Word.CANCEL: "dialogue.word.cancel",
    Word.HELP: "dialogue.word.help",
    Word.SKIP: "dialogue.word.skip",
    Word.KEEP: "dialogue.word.keep",
    Word.SEND: "dialogue.word.send",
    Word.DONE: "dialogue.word.done",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several: what is typed for it, and its label. ``counted``: whether the label begins
    with that number already."""

    typed: str
    label: Line | str
    counted: bool = False


def plain(text: str) -> str:
    """As it is compared: in one case, without accents and what is not seen, with single spaces."""
    if text.isascii():  # it has neither, and most have not
        return " ".join(text.casefold().split())
    letters = normalize("NFD", _UNSEEN.sub("", text).casefold())
    return " ".join("".join(one for one in letters if not combining(one)).split())


def word_in(text: str, speaker: Speaker) -> Word | None:
    """The one of our words that this is, and nothing besides."""
    typed = plain(text).strip(" .")
    return next((w for w in Word if typed in (w.value, plain(speaker.say(w.said)))), None)


def numbered(options: Sequence[Option], speaker: Speaker) -> tuple[Choice, ...]:
    """What is typed for each, in their order."""
    labels = [speaker.say(one.label) for one in options]
    own = all(
        one.value.isdecimal() and re.match(rf"{one.value}(?!\w)", label)
        for one, label in zip(options, labels, strict=True)
    )
    return tuple(
        Choice(one.value if own else str(place), one.label, own)
        for place, one in enumerate(options, 1)
    )


def number_in(text: str) -> int | None:
    """The whole number that this is, in whatever digits, and nothing besides."""
    typed = plain(text).rstrip(".)")
    return int(typed) if typed.isdecimal() and len(typed) <= _LONGEST_NUMBER else None


def read(question: Question, text: str, speaker: Speaker) -> Given:
    """The answer as a form carries it. Raises Invalid with what to do instead."""
    match question.ask:
        case Ask.CHOICE:
            return _one_of(question, text, speaker)
        case Ask.CHOICES:
            return _several(question, text, speaker)
        case Ask.PERSON:
            return _account(question, text)
        case _:
            return _words(question, text)


def _words(question: Question, text: str) -> str:
    most, now = question.max_length or LONGEST_TEXT, len(text.strip())
    if not now:
        raise Invalid(question.id, "invalid.empty")
    if now > most:
        raise Invalid(question.id, "invalid.too_long", most=most, now=now)
    return text


def _account(question: Question, text: str) -> str:
    typed = _UNSEEN.sub("", text).strip()
    if not _ACCOUNT.fullmatch(typed) or len(typed) > (question.max_length or len(typed)):
        raise Invalid(question.id, "dialogue.no_account")
    return typed


def _one_of(question: Question, text: str, speaker: Speaker) -> str:
    found = _value(question, text, speaker)
    if found is None:
        raise _none_of(question, speaker)
    return found


def _several(question: Question, text: str, speaker: Speaker) -> tuple[str, ...]:
    """Numbers with anything but letters between them, or labels with commas or lines between."""
    whole = _value(question, text, speaker)
    if whole is not None:
        return (whole,)
    numbers = re.fullmatch(r"[\d\s.,;+&/-]+", text)
    parts = re.findall(r"\d+", text) if numbers else re.split(r"[,;\n]", text)
    found = [_value(question, part, speaker) for part in parts if part.strip()]
    if not found or None in found:
        raise _none_of(question, speaker)
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _value(question: Question, text: str, speaker: Speaker) -> str | None:
    number, typed = number_in(text), plain(text)
    if number is not None:
        choices = zip(question.options, numbered(question.options, speaker), strict=True)
        return next((o.value for o, choice in choices if int(choice.typed) == number), None)
    labelled = [o.value for o in question.options if plain(speaker.say(o.label)) == typed]
    return labelled[0] if len(labelled) == 1 else None


def _none_of(question: Question, speaker: Speaker) -> Invalid:
    typed = [choice.typed for choice in numbered(question.options, speaker)]
    if not typed:
        return Invalid(question.id, "invalid.not_an_option")
    return Invalid(question.id, "dialogue.none_of_these", first=typed[0], last=typed[-1])
