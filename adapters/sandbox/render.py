"""Cards and forms as the page's JSON, and answers back. Pure: no network, no state.

The page has no limits of its own: what fits the other platforms fits here.
"""

from collections.abc import Mapping
from typing import Any

from adapters.sandbox.people import PERSONAS
from bot.chat import Answers, Ask, Card, Form, Option, Question
from bot.texts import Speaker

Json = dict[str, Any]
_PEOPLE = tuple(Option(one.id, one.name) for one in PERSONAS)  #: who can be picked here


def card(speaker: Speaker, one: Card, *, whisper: bool, picture: str = "") -> Json:
    """A card as a message, without its id and sender. ``picture``: where its picture is found."""
    return {
        "title": speaker.say(one.title),
        "text": "\n".join(speaker.say(line) for line in one.lines),
        "tone": one.tone.value,
        "whisper": whisper,
        "fields": [
            {"label": speaker.say(f.label), "value": speaker.say(f.value)} for f in one.fields
        ],
        "buttons": [
            {
                "id": button.id,
                "label": speaker.say(button.label),
                "weight": button.weight.value,
            }
            for button in one.buttons
        ],
        "image": {"url": picture, "alt": one.picture.alt} if one.picture and picture else None,
    }


def form(speaker: Speaker, one: Form) -> Json:
    """A form as a dialog."""
    return {
        "id": one.id,
        "title": speaker.say(one.title),
        "note": "\n".join(speaker.say(line) for line in one.note),
        "fields": [_field(speaker, question) for question in one.questions],
    }


def errors(speaker: Speaker, one: Form) -> dict[str, str]:
    """The sentence beside each wrong answer."""
    return {field: speaker.say(line) for field, line in one.errors.items()}


def answers(given: Mapping[str, Any]) -> Answers:
    """What the page sent: text, or a list of texts; numbers become text, nothing becomes empty."""
    return {
        str(name): [_text(one) for one in value] if isinstance(value, list) else _text(value)
        for name, value in given.items()
    }


def _text(value: Any) -> Any:
    if value is None:
        return ""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _field(speaker: Speaker, question: Question) -> Json:
    return {
        "id": question.id,
        "label": speaker.say(question.label),
        "kind": question.ask.value,
        "value": question.value if isinstance(question.value, str) else list(question.value),
        "options": [
            {"value": option.value, "label": speaker.say(option.label)}
            for option in (_PEOPLE if question.ask is Ask.PERSON else question.options)
        ],
        "required": question.required,
        "max_length": question.max_length,
    }
