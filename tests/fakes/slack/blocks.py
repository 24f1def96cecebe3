"""Checks of blocks and views: the documented limits first, then parsed by slack_sdk's own models.

Yields what is wrong as (JSON pointer, words); nothing is repaired or cut.
"""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from tests.fakes.slack import texts
from tests.fakes.slack.elements import element, image
from tests.fakes.slack.texts import Wrong

#: Fields besides type and block_id, and those without which a block is refused.
FIELDS: dict[str, tuple[set[str], set[str]]] = {
    "actions": ({"elements"}, {"elements"}),
    "context": ({"elements"}, {"elements"}),
    "divider": (set(), set()),
    "header": ({"text"}, {"text"}),
    "image": ({"image_url", "slack_file", "alt_text", "title"}, {"alt_text"}),
    "input": ({"label", "element", "dispatch_action", "hint", "optional"}, {"label", "element"}),
    "section": ({"text", "fields", "accessory", "expand"}, set()),
    "markdown": ({"text"}, {"text"}),
    "rich_text": ({"elements"}, {"elements"}),
}
#: Where only some may stand.
ONLY = {"markdown": {"message"}}
MOST = {"message": 50, "modal": 100, "home": 100}
VIEW = {"type", "blocks", "private_metadata", "callback_id", "external_id"}
MODAL = VIEW | {
    "title",
    "submit",
    "close",
    "clear_on_close",
    "notify_on_close",
    "submit_disabled",
}
VIEW_BYTES = 250_000


def wrong_in_blocks(value: Any, surface: str, at: str = "/blocks") -> Wrong:
    """``surface``: message, modal or home."""
    yield from texts.items(value, at, MOST[surface], 0)
    if not isinstance(value, list):
        return
    for n, one in enumerate(value):
        yield from _block(one, f"{at}/{n}", surface)
    told = [one["block_id"] for one in value if isinstance(one, dict) and one.get("block_id")]
    for block_id, count in Counter(told).items():
        if count > 1:
            yield at, f"block_id {block_id!r} is not unique"
    focused = [one for one in elements_of(value) if one.get("focus_on_load")]
    if len(focused) > 1:
        yield at, "only one element may have focus_on_load"


def wrong_in_view(view: Any, at: str = "/view") -> Wrong:
    kind = view.get("type") if isinstance(view, dict) else None
    if kind not in ("modal", "home"):
        yield at, f"unsupported type: {kind}"
        return
    modal = kind == "modal"
    needed = {"type", "blocks"} | ({"title"} if modal else set())
    yield from texts.keys(view, at, MODAL if modal else VIEW, needed)
    for key in ("title", "submit", "close"):
        if key in view:
            yield from texts.text(view[key], f"{at}/{key}", 24, plain=True)
    for key, most in (("private_metadata", 3000), ("callback_id", 255), ("external_id", 255)):
        if key in view:
            yield from texts.string(view[key], f"{at}/{key}", most)
    for key in ("clear_on_close", "notify_on_close", "submit_disabled"):
        if key in view:
            yield from texts.truth(view[key], f"{at}/{key}")
    blocks = view.get("blocks")
    yield from wrong_in_blocks(blocks, kind, f"{at}/blocks")
    asks = any(isinstance(one, dict) and one.get("type") == "input" for one in blocks or ())
    if modal and asks and not view.get("submit"):
        yield at, "must define `submit` to use an input block in modals"


def too_large(view: Any) -> bool:
    return len(json.dumps(view)) > VIEW_BYTES


def refused_by_models(value: Any) -> Wrong:
    """What slack_sdk's models say of a view (a dict) or of blocks (a list)."""
    try:
        if isinstance(value, dict):
            View(**value).validate_json()
        for one in Block.parse_all(value["blocks"] if isinstance(value, dict) else value):
            one.validate_json()
    except (SlackObjectFormationError, TypeError) as why:
        yield "", f"slack_sdk: {why}"


def elements_of(blocks: list[Any]) -> Iterator[dict[str, Any]]:
    """Every element of these blocks that a person can use."""
    for block in blocks:
        if not isinstance(block, dict):
            continue
        inside = [block.get("element"), block.get("accessory")]
        if block.get("type") == "actions" and isinstance(block.get("elements"), list):
            inside += block["elements"]
        yield from (one for one in inside if isinstance(one, dict) and one.get("type") != "image")


def _block(block: Any, at: str, surface: str) -> Wrong:
    kind = block.get("type") if isinstance(block, dict) else None
    if kind not in FIELDS:
        yield at, f"unsupported type: {kind}"
        return
    if surface not in ONLY.get(kind, {surface}):
        yield at, f"{kind} is not allowed in a {surface}"
    allowed, needed = FIELDS[kind]
    yield from texts.keys(block, at, allowed | {"type", "block_id"}, needed)
    if "block_id" in block:
        yield from texts.string(block["block_id"], f"{at}/block_id", 255)
    if kind in CHECKS:
        yield from CHECKS[kind](block, at)
    ids = Counter(one.get("action_id") for one in elements_of([block]) if one.get("action_id"))
    for action_id, count in ids.items():
        if count > 1:
            yield at, f"action_id {action_id!r} is not unique in its block"


def _section(block: dict[str, Any], at: str) -> Wrong:
    if "text" not in block and "fields" not in block:
        yield at, "missing required field: text or fields"
    if "text" in block:
        yield from texts.text(block["text"], f"{at}/text", 3000)
    if "fields" in block:
        yield from texts.items(block["fields"], f"{at}/fields", 10)
        for n, one in enumerate(block["fields"] if isinstance(block["fields"], list) else []):
            yield from texts.text(one, f"{at}/fields/{n}", 2000)
    if "accessory" in block:
        yield from element(block["accessory"], f"{at}/accessory", "section")
    if "expand" in block:
        yield from texts.truth(block["expand"], f"{at}/expand")


def _actions(block: dict[str, Any], at: str) -> Wrong:
    yield from texts.items(block.get("elements"), f"{at}/elements", 25)
    for n, one in enumerate(block.get("elements") or ()):
        yield from element(one, f"{at}/elements/{n}", "actions")


def _context(block: dict[str, Any], at: str) -> Wrong:
    yield from texts.items(block.get("elements"), f"{at}/elements", 10)
    for n, one in enumerate(block.get("elements") or ()):
        here = f"{at}/elements/{n}"
        if isinstance(one, dict) and one.get("type") == "image":
            yield from element(one, here, "context")
        else:
            yield from texts.text(one, here, 3000)


def _input(block: dict[str, Any], at: str) -> Wrong:
    for key in ("label", "hint"):
        if key in block:
            yield from texts.text(block[key], f"{at}/{key}", 2000, plain=True)
    for key in ("dispatch_action", "optional"):
        if key in block:
            yield from texts.truth(block[key], f"{at}/{key}")
    yield from element(block.get("element"), f"{at}/element", "input")


def _header(block: dict[str, Any], at: str) -> Wrong:
    yield from texts.text(block.get("text"), f"{at}/text", 150, plain=True)


def _image(block: dict[str, Any], at: str) -> Wrong:
    yield from image(block, at)
    if "title" in block:
        yield from texts.text(block["title"], f"{at}/title", 2000, plain=True)


def _markdown(block: dict[str, Any], at: str) -> Wrong:
    yield from texts.string(block.get("text"), f"{at}/text", 12000, 1)


CHECKS = {
    "actions": _actions,
    "context": _context,
    "header": _header,
    "image": _image,
    "input": _input,
    "markdown": _markdown,
    "section": _section,
}
