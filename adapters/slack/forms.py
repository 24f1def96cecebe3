"""Forms as the inputs of a modal, and what was put in back as answers. Pure.

A field's ``block_id`` and ``action_id`` are its id. Limits: a plain-text input 3,000 characters, ten
radio buttons or checkboxes, a hundred options of 75 characters in a menu.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.slack.blocks import TEXT, Json, cut, plain, words
from bot.chat import Answers, Ask, Form, Option, Question
from bot.texts import Speaker

OPTION, LABEL = 75, 2000
FEW = 5  #: options that are all shown at once; more are a menu
MOST_BOXES = 10


def inputs(speaker: Speaker, form: Form) -> Iterator[Json]:
    """What stands above the form, and its fields; a sentence beside what is wrong, where one is."""
    if form.note:
        yield from words("\n\n".join(speaker.say(one) for one in form.note))
    for question in form.questions:
        yield _input(speaker, question)
        if question.error:
            yield from words(f"⚠️ {speaker.say(question.error)}")


def errors(speaker: Speaker, form: Form) -> dict[str, str]:
    """The sentence beside each wrong answer."""
    return {field: speaker.say(said) for field, said in form.errors.items()}


def answers(state: Any) -> Answers:
    """What the inputs of a view hold, by field: text, or a list of the options' values."""
    given: dict[str, Any] = {}
    values = state.get("values") if isinstance(state, Mapping) else None
    for block, actions in values.items() if isinstance(values, Mapping) else ():
        for element in actions.values() if isinstance(actions, Mapping) else ():
            if isinstance(element, Mapping):
                given[str(block)] = _given(element)
    return given


def _given(element: Mapping[str, Any]) -> str | list[str]:
    if "selected_options" in element:
        chosen = element["selected_options"] or ()
        return [str(one.get("value", "")) for one in chosen if isinstance(one, Mapping)]
    one = element.get("selected_option")
    if isinstance(one, Mapping):
        return str(one.get("value", ""))
    value = element.get("selected_user") or element.get("value")
    return "" if value is None else str(value)


def _input(speaker: Speaker, question: Question) -> Json:
    return {
        "type": "input",
        "block_id": question.id,
        "label": plain(speaker.say(question.label), LABEL),
        "optional": not question.required,
        "element": {"action_id": question.id} | _element(speaker, question),
    }


def _element(speaker: Speaker, question: Question) -> Json:
    if question.ask is Ask.CHOICE:
        return _one(speaker, question)
    if question.ask is Ask.CHOICES:
        return _several(speaker, question)
    value = question.value if isinstance(question.value, str) else ""
    if question.ask is Ask.PERSON:
        return {"type": "users_select"} | ({"initial_user": value} if value else {})
    if question.ask is Ask.NUMBER:
        shown: Json = {"type": "number_input", "is_decimal_allowed": False}
        return shown | ({"initial_value": value} if value.isdecimal() else {})
    return _text(question, value)


def _text(question: Question, value: str) -> Json:
    """What is too long stays as long as Slack's own limit lets it be, to be made shorter."""
    most = min(question.max_length or TEXT, TEXT)
    shown: Json = {"type": "plain_text_input", "multiline": question.ask is Ask.LONG_TEXT}
    if len(value) <= most:
        shown["max_length"] = most
    return shown | ({"initial_value": cut(value, TEXT)} if value else {})


def _one(speaker: Speaker, question: Question) -> Json:
    options = [_option(speaker, one) for one in question.options]
    kind = "radio_buttons" if len(options) <= FEW else "static_select"
    chosen = [one for one in options if one["value"] == question.value]
    shown: Json = {"type": kind, "options": options}
    return shown | ({"initial_option": chosen[0]} if chosen else {})


def _several(speaker: Speaker, question: Question) -> Json:
    options = [_option(speaker, one) for one in question.options]
    kind = "checkboxes" if len(options) <= MOST_BOXES else "multi_static_select"
    chosen = [one for one in options if one["value"] in question.value]
    shown: Json = {"type": kind, "options": options}
    return shown | ({"initial_options": chosen} if chosen else {})


def _option(speaker: Speaker, one: Option) -> Json:
    return {"text": plain(speaker.say(one.label), OPTION), "value": one.value}


#: What stands in an element from the start, by what its state calls it.
_INITIAL = {"value": "initial_value", "selected_option": "initial_option"}
_INITIAL |= {"selected_options": "initial_options", "selected_user": "initial_user"}


def with_typed(blocks: list[Json], state: Any) -> list[Json]:
    """A form's blocks as Slack brought them, with what is typed in their fields."""
    values = _inside(state, "values")
    return [
        one | {"element": _typed(one, values)} if _inside(one, "element") else one for one in blocks
    ]


def _typed(block: Json, values: Json) -> Json:
    element = block["element"]
    given = _inside(_inside(values, str(block.get("block_id"))), str(element.get("action_id")))
    options = element.get("options")
    offered = {
        str(one.get("value")): one
        for one in (options if isinstance(options, list) else ())
        if isinstance(one, dict)
    }
    shown = {key: one for key, one in element.items() if key not in _INITIAL.values()}
    for key, initial in _INITIAL.items():
        if said := given.get(key):
            shown[initial] = _as_offered(said, offered)
    return shown


def _as_offered(said: Any, offered: Mapping[str, Json]) -> Any:
    """What was chosen as it stands among the options: else Slack shows none of it."""
    if isinstance(said, list):
        return [_as_offered(one, offered) for one in said if isinstance(one, dict)]
    return offered.get(str(said.get("value")), said) if isinstance(said, dict) else said


def _inside(told: Any, key: str) -> Json:
    found = told.get(key) if isinstance(told, dict) else None
    return found if isinstance(found, dict) else {}


def fields(blocks: list[Json]) -> dict[str, str]:
    """The fields of a modal: what each is, by its id."""
    return {
        str(one.get("block_id")): str(one["element"].get("type"))
        for one in blocks
        if one.get("type") == "input" and isinstance(one.get("element"), dict)
    }


def beside(blocks: list[Json]) -> str:
    """Beside which field something is said of a whole form: where its person wrote, else the last."""
    kinds = fields(blocks)
    wrote = [field for field, kind in kinds.items() if kind == "plain_text_input"]
    return next(iter([*wrote, *reversed(kinds)]), "")
