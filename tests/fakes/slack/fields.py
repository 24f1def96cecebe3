"""What a person puts into a field at their client, checked as the client checks it.

Gives the state that Slack sends, or the words under the field; nobody can choose what is not offered.
"""

import re
from typing import Any

from tests.fakes.slack.elements import chosen_from
from tests.fakes.slack.places import User
from tests.fakes.slack.screen import FIRST, Impossible

Json = dict[str, Any]
REQUIRED = "Please complete this required field."
TEXTS = ("plain_text_input", "email_text_input", "url_text_input", "number_input")


def put(element: Json, value: Any) -> Json:
    """The state of this element with that value in it."""
    kind = element["type"]
    key, _ = FIRST[kind]
    if kind in TEXTS:
        return {"type": kind, key: None if value in (None, "") else str(value)}
    if kind in ("static_select", "radio_buttons"):
        return {"type": kind, key: _option(element, value) if value else None}
    if kind in ("multi_static_select", "checkboxes"):
        wanted = [value] if isinstance(value, str) else list(value or ())
        return {"type": kind, key: [_option(element, one) for one in wanted if one]}
    if kind == "multi_users_select":
        return {"type": kind, key: [_id(one) for one in value or ()]}
    if kind in ("users_select", "channels_select", "conversations_select"):
        return {"type": kind, key: _id(value) if value else None}
    return {"type": kind, key: str(value) if value else None}


def objection(block: Json, element: Json, state: Json) -> str:
    """What the client says under a field, "" when it may be sent."""
    key, _ = FIRST[element["type"]]
    value = state[key]
    if value in (None, "", []):
        return "" if block.get("optional") else REQUIRED
    kind = element["type"]
    if kind == "plain_text_input":
        least, most = element.get("min_length", 0), element.get("max_length", 3000)
        if len(value) > most:
            return f"This input must be less than {most + 1} characters."
        if len(value) < least:
            return f"This input must be at least {least} characters."
    if kind == "number_input":
        return _number(element, value)
    if kind == "email_text_input" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
        return "Enter a valid email address."
    if kind == "url_text_input" and not value.startswith(("http://", "https://")):
        return "Enter a valid URL."
    if kind.startswith("multi_") and len(value) > element.get("max_selected_items", 10**6):
        return f"You can select at most {element['max_selected_items']} items."
    return ""


def _number(element: Json, value: str) -> str:
    pattern = r"-?\d+(\.\d+)?" if element["is_decimal_allowed"] else r"-?\d+"
    if not re.fullmatch(pattern, value):
        return "Enter a valid number."
    if "min_value" in element and float(value) < float(element["min_value"]):
        return f"Enter a number of at least {element['min_value']}."
    if "max_value" in element and float(value) > float(element["max_value"]):
        return f"Enter a number of at most {element['max_value']}."
    return ""


def _option(element: Json, value: Any) -> Json:
    for one in chosen_from(element):
        if one["value"] == value:
            return dict(one)
    offered = [one["value"] for one in chosen_from(element)]
    raise Impossible(f"{value!r} is not offered in {element['action_id']}: {offered}")


def _id(value: Any) -> str:
    return value.id if isinstance(value, User) else str(getattr(value, "id", value))
