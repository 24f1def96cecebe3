"""Modals, messages and home views drawn from their JSON, in Block Kit's look, for eyes to judge.

``page`` gives one HTML page without scripts that asks nothing of any network. It checks nothing: what
Slack would refuse is drawn as well as it can be.
"""

import html
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.fakes.slack.elements import chosen_from
from tests.fakes.slack.escaping import unescaped

Json = dict[str, Any]
CSS = Path(__file__).with_name("drawn.css")
NAME = "Groundswell"


def page(
    things: Iterable[tuple[str, Json]],
    *,
    dark: bool = False,
    narrow: bool = False,
    whole: bool = True,
    errors: Mapping[str, str] | None = None,
    pictures: Mapping[str, bytes] | None = None,
) -> str:
    """``things``: what each is called, and its JSON: a view, or a message. ``whole``: modals at full
    length, not as a client scrolls them; ``errors``: what stands under the fields of modals;
    ``pictures``: PNGs by their address or by the id of their file."""
    seen = pictures or {}
    size = ' class="narrow"' if narrow else ""
    figures = "\n".join(
        f"<figure{size}><figcaption>{_safe(name)}</figcaption>{thing(_pictured(one, seen), whole, errors or {})}</figure>"
        for name, one in things
    )
    theme = ' class="dark"' if dark else ""
    head = f"<meta charset='utf-8'><title>Slack</title><style>{CSS.read_text('utf-8')}</style>"
    return f"<!doctype html><html lang='en'><head>{head}</head><body{theme}>{figures}</body></html>"


def thing(one: Json, whole: bool = True, errors: Mapping[str, str] | None = None) -> str:
    kind = one.get("type")
    if kind == "modal":
        return _modal(one, whole, errors or {})
    if kind == "home":
        tabs = "<div class='tabs'><span>Home</span><span>Messages</span><span>About</span></div>"
        return f"<div class='home'>{tabs}{_blocks(one)}</div>"
    return _message(one)


def _modal(view: Json, whole: bool, errors: Mapping[str, str]) -> str:
    title = f"<span class='icon'>{NAME[0]}</span><h1>{_text(view['title'])}</h1><span class='x'>×</span>"
    close = view.get("close") or {
        "type": "plain_text",
        "text": "Cancel" if view.get("submit") else "",
    }
    buttons = f"<span class='button'>{_text(close)}</span>" if close["text"] else ""
    if view.get("submit"):
        buttons += f"<span class='button submit'>{_text(view['submit'])}</span>"
    footer = f"<footer>{buttons}</footer>" if buttons else ""
    shape = "modal whole" if whole else "modal"
    body = f"<main>{_blocks(view, errors)}</main>"
    return f"<div class='{shape}'><header>{title}</header>{body}{footer}</div>"


def _message(message: Json) -> str:
    said = _blocks(message) if message.get("blocks") else _mrkdwn(message.get("text", ""))
    said += "".join(
        _picture(one.get("image_url"), one.get("alt_txt", "")) for one in message.get("files", ())
    )
    only = "<div class='only'>Only visible to you</div>" if message.get("is_ephemeral") else ""
    who = f"<div class='who'>{NAME} <span class='app'>APP</span></div>"
    icon = f"<span class='icon'>{NAME[0]}</span>"
    return f"<div class='message'>{icon}<div class='body'>{only}{who}{said}</div></div>"


def _blocks(holder: Json, errors: Mapping[str, str] | None = None) -> str:
    state = holder.get("state", {}).get("values", {})
    return "\n".join(_block(one, state, errors or {}) for one in holder.get("blocks", ()))


def _block(block: Json, state: Json, errors: Mapping[str, str]) -> str:
    kind = block["type"]
    beside = " beside" if "accessory" in block else ""
    inside = ""
    if kind in ("section", "header"):
        inside = f"<div>{_text(block['text'])}</div>" if "text" in block else ""
        fields = "".join(f"<div>{_text(one)}</div>" for one in block.get("fields", ()))
        inside += f"<div class='fields'>{fields}</div>" if fields else ""
        inside += _element(block["accessory"], {}) if beside else ""
    elif kind == "context":
        inside = "".join(
            _picture(one.get("image_url"), one["alt_text"])
            if one["type"] == "image"
            else f"<span>{_text(one)}</span>"
            for one in block["elements"]
        )
    elif kind == "actions":
        inside = "".join(_element(one, {}) for one in block["elements"])
    elif kind == "image":
        title = f"<div>{_text(block['title'])}</div>" if "title" in block else ""
        inside = title + _picture(block.get("image_url"), block["alt_text"])
    elif kind == "input":
        inside = _input(block, state.get(block.get("block_id", ""), {}), errors)
    elif kind != "divider":
        inside = f"<i>{_safe(kind)} is not drawn here</i>"
    return f"<div class='block {kind}{beside}'>{inside}</div>"


def _input(block: Json, state: Json, errors: Mapping[str, str]) -> str:
    optional = " <small>(optional)</small>" if block.get("optional") else ""
    element = block["element"]
    typed = state.get(element.get("action_id", ""), {})
    under = f"<div class='hint'>{_text(block['hint'])}</div>" if "hint" in block else ""
    if block.get("block_id") in errors:
        under += f"<div class='error'>{_safe(errors[block['block_id']])}</div>"
    label = f"<label>{_text(block['label'])}{optional}</label>"
    return f"{label}{_element(element, typed)}{under}"


def _element(element: Json, typed: Json) -> str:
    kind = element["type"]
    if kind == "button":
        return f"<span class='button {element.get('style', '')}'>{_text(element['text'])}</span>"
    if kind == "overflow":
        return "<span class='button'>⋯</span>"
    if kind == "image":
        return _picture(element.get("image_url"), element["alt_text"])
    if kind in ("checkboxes", "radio_buttons"):
        return _choices(element, typed)
    shape = "many" if element.get("multiline") else "" if "input" in kind else "select"
    value = _value(element, typed)
    empty = element.get("placeholder", {"type": "plain_text", "text": ""})
    inside = _safe(value) if value else f"<span class='empty'>{_text(empty)}</span>"
    return f"<div class='box {shape}'>{inside}</div>"


def _value(element: Json, typed: Json) -> str:
    """What stands in a field: what was typed, else what was there from the start."""
    kept = [one for key, one in typed.items() if key != "type" and one]
    first = [one for key, one in element.items() if key.startswith("initial_") and one]
    for one in [*kept, *first]:
        many = one if isinstance(one, list) else [one]
        return ", ".join(
            unescaped(part["text"]["text"]) if isinstance(part, dict) else str(part)
            for part in many
        )
    return ""


def _choices(element: Json, typed: Json) -> str:
    one = element["type"] == "radio_buttons"
    set_ = typed.get("selected_option" if one else "selected_options")
    if set_ is None:
        set_ = element.get("initial_option" if one else "initial_options")
    many = [set_] if isinstance(set_, dict) else set_ or []
    values = {option["value"] for option in many}
    drawn = []
    for option in chosen_from(element):
        shape = f"choice{' one' if one else ''}{' set' if option['value'] in values else ''}"
        more = f"<small>{_text(option['description'])}</small>" if "description" in option else ""
        drawn.append(f"<span class='{shape}'>{_text(option['text'])}{more}</span>")
    return "".join(drawn)


def _pictured(value: Any, pictures: Mapping[str, bytes]) -> Any:
    """A copy in which known pictures are their own address."""
    if isinstance(value, list):
        return [_pictured(one, pictures) for one in value]
    if not isinstance(value, dict):
        return value
    copy = {key: _pictured(one, pictures) for key, one in value.items()}
    for key in ("image_url", "id"):
        if isinstance(value.get(key), str) and value[key] in pictures:
            data = b64encode(pictures[value[key]]).decode()
            copy["image_url"] = f"data:image/png;base64,{data}"
    return copy


def _picture(url: str | None, alt: str) -> str:
    if url and url.startswith("data:"):
        return f"<img src='{_safe(url)}' alt='{_safe(alt)}'>"
    return f"<div class='picture'>{_safe(alt)}</div>"


def _text(text: Json) -> str:
    return _mrkdwn(text["text"]) if text["type"] == "mrkdwn" else _safe(unescaped(text["text"]))


def _safe(words: str) -> str:
    return html.escape(words)


CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"<([^<>|\s]+)(?:\|([^<>]*))?>")
WEIGHTS = (
    (re.compile(r"(?<!\w)\*(\S[^*\n]*?)\*(?!\w)"), "b"),
    (re.compile(r"(?<!\w)_(\S[^_\n]*?)_(?!\w)"), "i"),
)


def _mrkdwn(words: str) -> str:
    """Code, links, mentions, bold, italic, quotes; all else as it stands."""
    drawn, at = "", 0
    for found in LINK.finditer(words):
        drawn += _weighed(words[at : found.start()])
        to, name = found.group(1), found.group(2)
        if to[0] in "@#!":
            drawn += f"<span class='mention'>{_safe('@' + (name or to.lstrip('@#!')))}</span>"
        else:
            drawn += f"<a href='#'>{_safe(unescaped(name or to))}</a>"
        at = found.end()
    return drawn + _weighed(words[at:])


def _weighed(words: str) -> str:
    safe = html.escape(unescaped(words), quote=False)
    safe = CODE.sub(r"<code>\1</code>", safe)
    for pattern, tag in WEIGHTS:
        safe = pattern.sub(rf"<{tag}>\1</{tag}>", safe)
    return re.sub(r"(?m)^&gt; ?(.*)$", r"<blockquote>\1</blockquote>", safe)
