"""Checks of Block Kit's interactive elements against their documented fields and limits.

An element that Slack knows and this file does not is refused: it has to be written here first.
"""

from collections.abc import Callable
from typing import Any

from tests.fakes.slack import texts
from tests.fakes.slack.texts import Wrong

Check = Callable[[dict[str, Any], str], Wrong]

#: Where each may stand: in a section, in actions, in an input.
PLACES = {
    "button": {"section", "actions"},
    "checkboxes": {"section", "actions", "input"},
    "radio_buttons": {"section", "actions", "input"},
    "overflow": {"section", "actions"},
    "static_select": {"section", "actions", "input"},
    "multi_static_select": {"section", "input"},
    "users_select": {"section", "actions", "input"},
    "multi_users_select": {"section", "input"},
    "channels_select": {"section", "actions", "input"},
    "conversations_select": {"section", "actions", "input"},
    "datepicker": {"section", "actions", "input"},
    "timepicker": {"section", "actions", "input"},
    "plain_text_input": {"input"},
    "number_input": {"input"},
    "email_text_input": {"input"},
    "url_text_input": {"input"},
    "image": {"section", "context"},
}
COMMON = {"type", "action_id"}
#: Fields besides COMMON, and those without which it is refused.
FIELDS: dict[str, tuple[set[str], set[str]]] = {
    "button": ({"text", "url", "value", "style", "confirm", "accessibility_label"}, {"text"}),
    "checkboxes": ({"options", "initial_options", "confirm", "focus_on_load"}, {"options"}),
    "radio_buttons": ({"options", "initial_option", "confirm", "focus_on_load"}, {"options"}),
    "overflow": ({"options", "confirm"}, {"options"}),
    "static_select": (
        {"options", "option_groups", "initial_option", "confirm", "focus_on_load", "placeholder"},
        set(),
    ),
    "multi_static_select": (
        {"options", "option_groups", "initial_options", "confirm", "max_selected_items"}
        | {"focus_on_load", "placeholder"},
        set(),
    ),
    "users_select": ({"initial_user", "confirm", "focus_on_load", "placeholder"}, set()),
    "multi_users_select": (
        {"initial_users", "confirm", "max_selected_items", "focus_on_load", "placeholder"},
        set(),
    ),
    "channels_select": (
        {"initial_channel", "confirm", "focus_on_load", "placeholder"},
        set(),
    ),
    "conversations_select": (
        {"initial_conversation", "default_to_current_conversation", "confirm", "filter"}
        | {"focus_on_load", "placeholder"},
        set(),
    ),
    "datepicker": ({"initial_date", "confirm", "focus_on_load", "placeholder"}, set()),
    "timepicker": ({"initial_time", "confirm", "focus_on_load", "placeholder", "timezone"}, set()),
    "plain_text_input": (
        {"initial_value", "multiline", "min_length", "max_length", "dispatch_action_config"}
        | {"focus_on_load", "placeholder"},
        set(),
    ),
    "number_input": (
        {"is_decimal_allowed", "initial_value", "min_value", "max_value", "placeholder"}
        | {"dispatch_action_config", "focus_on_load"},
        {"is_decimal_allowed"},
    ),
    "email_text_input": (
        {"initial_value", "dispatch_action_config", "focus_on_load", "placeholder"},
        set(),
    ),
    "url_text_input": (
        {"initial_value", "dispatch_action_config", "focus_on_load", "placeholder"},
        set(),
    ),
    "image": ({"image_url", "slack_file", "alt_text"}, {"alt_text"}),
}
OPTIONS = {"checkboxes": 10, "radio_buttons": 10, "overflow": 5}


def element(value: Any, at: str, place: str) -> Wrong:
    """``place``: section, actions, context or input."""
    kind = value.get("type") if isinstance(value, dict) else None
    if kind not in FIELDS:
        yield at, f"unsupported type: {kind}"
        return
    if place not in PLACES[kind]:
        yield at, f"{kind} is not allowed in {place}"
    allowed, needed = FIELDS[kind]
    interactive = kind != "image"
    yield from texts.keys(
        value,
        at,
        allowed | (COMMON if interactive else {"type"}),
        needed,
    )
    if "action_id" in value:
        yield from texts.string(value["action_id"], f"{at}/action_id", 255, 1)
    if "placeholder" in value:
        yield from texts.text(value["placeholder"], f"{at}/placeholder", 150, plain=True)
    if "confirm" in value:
        yield from texts.confirm(value["confirm"], f"{at}/confirm")
    if "focus_on_load" in value:
        yield from texts.truth(value["focus_on_load"], f"{at}/focus_on_load")
    if kind in CHECKS:
        yield from CHECKS[kind](value, at)


def _button(value: dict[str, Any], at: str) -> Wrong:
    if "text" in value:
        yield from texts.text(value["text"], f"{at}/text", 75, plain=True)
    for key, most in (("url", 3000), ("value", 2000), ("accessibility_label", 75)):
        if key in value:
            yield from texts.string(value[key], f"{at}/{key}", most, 1)
    if value.get("style", "primary") not in ("primary", "danger"):
        yield f"{at}/style", "must be primary or danger"


def chosen_from(value: dict[str, Any]) -> list[dict[str, Any]]:
    """All options of an element, those in groups too."""
    groups = value.get("option_groups") or []
    return [*value.get("options", []), *(one for group in groups for one in group["options"])]


def _options(value: dict[str, Any], at: str) -> Wrong:
    kind = value["type"]
    plain = kind not in ("checkboxes", "radio_buttons")
    if ("options" in value) == ("option_groups" in value):
        yield at, "exactly one of options and option_groups is needed"
        return
    lists = {f"{at}/options": value.get("options")}
    if "option_groups" in value:
        yield from texts.items(value["option_groups"], f"{at}/option_groups", 100)
        lists = {}
        for n, group in enumerate(value["option_groups"]):
            here = f"{at}/option_groups/{n}"
            yield from texts.keys(group, here, {"label", "options"}, {"label", "options"})
            yield from texts.text(group.get("label"), f"{here}/label", 75, plain=True)
            lists[f"{here}/options"] = group.get("options")
    for here, options in lists.items():
        yield from texts.items(options, here, OPTIONS.get(kind, 100))
        for n, one in enumerate(options if isinstance(options, list) else []):
            yield from texts.option(one, f"{here}/{n}", plain=plain, url=kind == "overflow")
    yield from _initial(value, at)
    if "max_selected_items" in value:
        yield from texts.number(value["max_selected_items"], f"{at}/max_selected_items", 1, 100)


def _initial(value: dict[str, Any], at: str) -> Wrong:
    first = [value["initial_option"]] if "initial_option" in value else []
    if "initial_options" in value:
        yield from texts.items(value["initial_options"], f"{at}/initial_options", 100)
        first = list(value["initial_options"])
    for one in first:
        if one not in chosen_from(value):
            yield at, "initial option must exactly match one of the options"


def _plain(value: dict[str, Any], at: str) -> Wrong:
    least, most = value.get("min_length", 0), value.get("max_length", 3000)
    yield from texts.number(least, f"{at}/min_length", 0, 3000)
    yield from texts.number(most, f"{at}/max_length", 1, 3000)
    if isinstance(least, int) and isinstance(most, int) and least > most:
        yield at, "min_length must not be greater than max_length"
    if "multiline" in value:
        yield from texts.truth(value["multiline"], f"{at}/multiline")
    if "initial_value" in value:
        yield from texts.string(value["initial_value"], f"{at}/initial_value", 3000)
    yield from _dispatch(value, at)


def _dispatch(value: dict[str, Any], at: str) -> Wrong:
    if "dispatch_action_config" in value:
        here = f"{at}/dispatch_action_config"
        given = value["dispatch_action_config"]
        yield from texts.keys(given, here, {"trigger_actions_on"})
        known = {"on_enter_pressed", "on_character_entered"}
        if not set(given.get("trigger_actions_on", ())) <= known:
            yield here, "unknown trigger"


def _number(value: dict[str, Any], at: str) -> Wrong:
    for key in ("initial_value", "min_value", "max_value"):
        if key in value:
            yield from texts.string(value[key], f"{at}/{key}", 100, 1)
    if "is_decimal_allowed" in value:
        yield from texts.truth(value["is_decimal_allowed"], f"{at}/is_decimal_allowed")
    yield from _dispatch(value, at)


def image(value: dict[str, Any], at: str) -> Wrong:
    """The picture of a block or an element."""
    if ("image_url" in value) == ("slack_file" in value):
        yield at, "exactly one of image_url and slack_file is needed"
    if "image_url" in value:
        yield from texts.string(value["image_url"], f"{at}/image_url", 3000, 1)
        if not str(value["image_url"]).startswith(("http://", "https://")):
            yield f"{at}/image_url", "must be a valid URL"
    if "slack_file" in value:
        given = value["slack_file"]
        yield from texts.keys(given, f"{at}/slack_file", {"id", "url"})
        if isinstance(given, dict) and len(given) != 1:
            yield f"{at}/slack_file", "exactly one of id and url is needed"
    if "alt_text" in value:
        yield from texts.string(value["alt_text"], f"{at}/alt_text", 2000, 1)


CHECKS: dict[str, Check] = {
    "button": _button,
    "plain_text_input": _plain,
    "number_input": _number,
    "image": image,
    **dict.fromkeys(
        ("static_select", "multi_static_select", "checkboxes", "radio_buttons", "overflow"),
        _options,
    ),
}
