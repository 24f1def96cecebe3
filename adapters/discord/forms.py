"""Forms as the fields of a modal, and what was put in back as answers. Pure.

A field's ``custom_id`` is its id. Limits (docs.discord.com, Components Reference): five components, a
label 45 characters and the words below it 100, a text 4,000, 25 options of 100 characters.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adapters.discord.carried import is_of_another, numbered
from adapters.discord.components import TEXT, Json
from adapters.discord.words import cut, escaped, plain
from bot.chat import Answers, Ask, Form, Option, Question
from bot.texts import Speaker

LABEL, INPUT, SELECT, PEOPLE = 18, 4, 3, 5
FIELDS, LABELLED, BELOW, OPTION, WRITTEN, ABOVE = 5, 45, 100, 100, 4000, 2000


def components(speaker: Speaker, form: Form, above: Sequence[str] = ()) -> list[Json] | None:
    """A modal's components; None where not all that must be read before fits one. ``above``: what
    stands before the form's own note."""
    said = [*above, *(speaker.say(one) for one in form.note)]
    told = _spread(said, form)
    if told is None:
        return None
    words, below = told
    shown = [{"type": TEXT, "content": escaped(words)}] if words else []
    shown += [
        _label(speaker, question, beside)
        for question, beside in zip(form.questions, below, strict=True)
    ]
    return [one | {"id": numbered(place)} for place, one in enumerate(shown)]


def _spread(said: Sequence[str], form: Form) -> tuple[str, list[str]] | None:
    """What stands above all fields, and below each label. With as many fields as a modal holds there
    is no room above: the first paragraph begins below the first label, what follows it ends below the
    last."""
    nothing = ["" for _ in form.questions]
    words = "\n\n".join(one for one in said if one.strip())
    if len(form.questions) > FIELDS:
        return None
    if not words or len(form.questions) < FIELDS:
        return (words, nothing) if len(words) <= ABOVE else None
    first, *rest = ([*_sentences(one)] for one in said if one.strip())
    last = [one for some in rest for one in some]
    between = len(nothing) - len(first) - len(last)
    return ("", [*first, *nothing[:between], *last]) if between >= 0 else None


def _sentences(text: str) -> Iterator[str]:
    """A paragraph in parts that fit below a label: of whole sentences, where they do."""
    together = ""
    for one in text.replace(". ", ".\0").replace("? ", "?\0").replace(": ", ":\0").split("\0"):
        if together and len(together) + len(one) + 1 > BELOW:
            yield together
            together = ""
        together = f"{together} {one}" if together else one
        while len(together) > BELOW:
            end = together.rfind(" ", 0, BELOW) + 1 or BELOW
            yield together[:end].rstrip()
            together = together[end:]
    if together:
        yield together


def _label(speaker: Speaker, question: Question, beside: str) -> Json:
    below = f"⚠️ {speaker.say(question.error)}" if question.error else beside
    shown: Json = {
        "type": LABEL,
        "label": plain(speaker.say(question.label), LABELLED),
        "component": {"custom_id": question.id, "required": question.required}
        | _field(speaker, question),
    }
    return shown | ({"description": cut(below, BELOW)} if below else {})


def _field(speaker: Speaker, question: Question) -> Json:
    if question.ask in (Ask.CHOICE, Ask.CHOICES):
        return _select(speaker, question)
    value = question.value if isinstance(question.value, str) else ""
    if question.ask is Ask.PERSON:
        known = [{"id": value, "type": "user"}] if value.isdecimal() else []
        return {"type": PEOPLE} | ({"default_values": known} if known else {})
    most = min(question.max_length or WRITTEN, WRITTEN)
    shown: Json = {
        "type": INPUT,
        "style": 2 if question.ask is Ask.LONG_TEXT else 1,
        "max_length": most if len(value) <= most else WRITTEN,  # to be made shorter by its person
    }
    return shown | ({"value": value[:WRITTEN]} if value else {})


def _select(speaker: Speaker, question: Question) -> Json:
    several = question.ask is Ask.CHOICES
    return {
        "type": SELECT,
        "min_values": 1 if question.required else 0,
        "max_values": len(question.options) if several else 1,
        "options": [_option(speaker, question, one) for one in question.options],
    }


def _option(speaker: Speaker, question: Question, one: Option) -> Json:
    chosen = one.value == question.value or (
        not isinstance(question.value, str) and one.value in question.value
    )
    shown: Json = {"label": plain(speaker.say(one.label), OPTION), "value": one.value}
    return shown | ({"default": True} if chosen else {})


def answers(shown: Any) -> Answers:
    """What the fields of a modal hold, by field: text, or a list of the options' values."""
    given: dict[str, str | list[str]] = {}
    for one in _fields(shown):
        given[str(one.get("custom_id", ""))] = _given(one)
    return given


def of_today(shown: Any) -> bool:
    """Whether a modal that came back may have been made by this version of the program."""
    return isinstance(shown, list) and all(
        isinstance(one, Mapping) and not is_of_another(one.get("id")) for one in shown
    )


def _fields(shown: Any) -> Iterator[Mapping[str, Any]]:
    for one in shown if isinstance(shown, list) else ():
        if not isinstance(one, Mapping):
            continue
        inner = one.get("component")
        if isinstance(inner, Mapping) and "custom_id" in inner:
            yield inner
        yield from (
            each
            for each in one.get("components") or ()
            if isinstance(each, Mapping) and "custom_id" in each
        )


def _given(one: Mapping[str, Any]) -> str | list[str]:
    """One choice is told as text: so it fits a question for one and a question for several."""
    values = one.get("values")
    if isinstance(values, list):
        chosen = [str(value) for value in values]
        return chosen if len(chosen) > 1 else "".join(chosen)
    value = one.get("value")
    return "" if value is None else str(value)
