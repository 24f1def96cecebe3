"""What a dialogue says: one question, or all the answers at once; as lines, in no platform's mark-up."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.chat import Ask, Field, Form, Line, Question, line
from bot.dialogue.choosing import Choice, Given, Word, numbered
from bot.texts import Speaker

_CHOSEN = (Ask.CHOICE, Ask.CHOICES)
_HINTS = {
    Ask.CHOICE: "dialogue.choose",
    Ask.CHOICES: "dialogue.choose_several",
    Ask.NUMBER: "dialogue.choose",
    Ask.PERSON: "dialogue.account",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be said now, in this order. ``head`` and ``above``: the form's title and what stands
    above it, once; ``said``: about what was typed last; ``fields``: what was answered so far."""

    head: tuple[Line, ...]
    above: tuple[Line, ...]
    said: tuple[Line, ...]
    title: Line | str
    fields: tuple[Field, ...]
    choices: tuple[Choice, ...]
    hints: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Top:
    """What comes before. ``opening``: nothing of the form was said yet; ``news``: what stands above
    it now and did not before."""

    opening: bool = False
    news: tuple[Line, ...] = ()
    said: tuple[Line, ...] = ()


def kept(form: Form) -> dict[str, Given]:
    """What a form was filled in with."""
    return {one.id: one.value or (() if one.ask is Ask.CHOICES else "") for one in form.questions}


def question(
    form: Form, place: int, given: Mapping[str, Given], speaker: Speaker, top: Top
) -> Asked:
    """The question at a place, counted from 0."""
    one, of = form.questions[place], len(form.questions)
    wrong = one.error if given[one.id] == kept(form)[one.id] else None
    title: Line | str = one.label
    if of > 1:
        title = line("dialogue.of", number=place + 1, of=of, label=_line(one.label))
    so_far: tuple[Field, ...] = ()
    if given[one.id] and not wrong and one.ask is not Ask.LONG_TEXT:
        so_far = (Field(line("dialogue.so_far"), _shown(one, given[one.id])),)
    return Asked(
        (form.title,) if top.opening else (),
        form.note if top.opening else top.news,
        top.said or ((wrong,) if wrong else ()),
        title,
        so_far,
        numbered(one.options, speaker) if one.ask in _CHOSEN else (),
        tuple(_hints(one, bool(given[one.id]), wrong is not None, top.opening)),
    )


def review(form: Form, given: Mapping[str, Given], top: Top) -> Asked:
    """All of it, to be changed or handed in. What is shown again later was read before."""
    fields = tuple(
        Field(
            line("dialogue.of_review", number=str(place), label=_line(one.label)),
            _shown(one, given[one.id]),
        )
        for place, one in enumerate(form.questions, 1)
    )
    cancel, above = Word.CANCEL.said, top.news
    if form.previewed:
        how = line("dialogue.go_on", done=Word.DONE.said, cancel=cancel)
    else:
        how = line("dialogue.send", send=Word.SEND.said, cancel=cancel)
        above = form.note if top.opening else above
    head = (form.title,) if top.opening else ()
    return Asked(head, above, top.said, line("dialogue.review"), fields, (), (how,))


def helping() -> tuple[Line, ...]:
    """What can be typed at every question, and what becomes of the answers."""
    words = {"back": Word.BACK.said, "cancel": Word.CANCEL.said}
    return (line("dialogue.help", **words), line("dialogue.help.kept"))


def _hints(one: Question, answered: bool, wrong: bool, opening: bool) -> list[Line]:
    hints = [line(_HINTS[one.ask])] if one.ask in _HINTS else []
    long = one.ask is Ask.LONG_TEXT
    if long:
        hints.append(line("dialogue.write", most=str(one.max_length)))
    if not one.required:
        hints.append(line("dialogue.skip", skip=Word.SKIP.said))
    if answered and (long or not wrong):
        hints.append(line("dialogue.keep", keep=Word.KEEP.said))
    if opening:
        words = {"back": Word.BACK.said, "help": Word.HELP.said, "cancel": Word.CANCEL.said}
        hints.append(line("dialogue.any_time", **words))
    return hints


def _shown(one: Question, given: Given) -> Line | str:
    """An answer in words: an option by its label, one's own words as they are."""
    if not given:
        return line("dialogue.left_out")
    if one.ask not in _CHOSEN:
        return given if isinstance(given, str) else line("list", items=given)
    values = (given,) if isinstance(given, str) else given
    labels = tuple(option.label for option in one.options if option.value in values)
    return line("list", items=labels) if labels else line("dialogue.left_out")


def _line(label: Line | str) -> Line:
    return label if isinstance(label, Line) else line("list", items=(label,))
