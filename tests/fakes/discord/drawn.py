"""Modals and messages drawn from their JSON, in Discord's look, for eyes to judge.

``page`` gives one HTML page without scripts that asks nothing of any network. It checks nothing: what
Discord would refuse is drawn as well as it can be.
"""

import html
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fakes.discord import parts as kinds
from tests.fakes.discord.markdown import drawn as marked
from tests.fakes.discord.messages import EPHEMERAL, LOADING
from tests.fakes.discord.screen import initial

Json = dict[str, Any]
CSS = Path(__file__).with_name("drawn.css")
NAME = "Groundswell"
STYLES = {1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link", 6: "primary"}


@dataclass(frozen=True)
class Pen:
    """``typed``: what is in the fields of a modal; ``errors``: what stands under them; ``pictures``: PNGs
    by the name of their file or the id of their attachment."""

    typed: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    attached: tuple[Json, ...] = ()


def page(
    things: Iterable[tuple[str, Json]],
    *,
    dark: bool = False,
    narrow: bool = False,
    errors: Mapping[str, str] | None = None,
    pictures: Mapping[str, bytes] | None = None,
) -> str:
    """``things``: what each is called, and its JSON: a modal, or a message."""
    size = ' class="narrow"' if narrow else ""
    figures = "\n".join(
        f"<figure{size}><figcaption>{_safe(name)}</figcaption>{thing(one, errors, pictures)}</figure>"
        for name, one in things
    )
    theme = ' class="dark"' if dark else ""
    head = f"<meta charset='utf-8'><title>Discord</title><style>{CSS.read_text('utf-8')}</style>"
    return f"<!doctype html><html lang='en'><head>{head}</head><body{theme}>{figures}</body></html>"


def thing(
    one: Json,
    errors: Mapping[str, str] | None = None,
    pictures: Mapping[str, bytes] | None = None,
) -> str:
    attached = tuple(one.get("attachments", ()))
    pen = Pen(one.get("typed", {}), errors or {}, pictures or {}, attached)
    return _modal(one, pen) if "title" in one else _message(one, pen)


def _modal(modal: Json, pen: Pen) -> str:
    title = f"<span class='icon'>{NAME[0]}</span><h1>{_safe(modal['title'])}</h1><span class='x'>×</span>"
    buttons = (
        "<span class='button secondary'>Cancel</span><span class='button primary'>Submit</span>"
    )
    body = f"<main>{_all(modal['components'], pen)}</main>"
    return f"<div class='modal'><header>{title}</header>{body}<footer>{buttons}</footer></div>"


def _message(message: Json, pen: Pen) -> str:
    flags = message.get("flags", 0)
    asked = message.get("interaction_metadata", {})
    used = ""
    if asked.get("name"):
        who = f"<b>{_safe(asked['user']['username'])}</b>"
        used = f"<div class='used'>{who} used <b>/{_safe(asked['name'])}</b></div>"
    said = (
        f"<div class='words'>{marked(message['content'])}</div>" if message.get("content") else ""
    )
    said += _all(message.get("components", ()), pen)
    said = "<i class='thinking'>is thinking...</i>" if flags & LOADING else said
    if message.get("content"):
        said += "".join(_picture(one["filename"], pen) for one in pen.attached)
    only = "<div class='only'>Only you can see this · Dismiss message</div>"
    shape = "message whisper" if flags & EPHEMERAL else "message"
    name = f"<div class='who'>{NAME} <span class='app'>APP</span></div>"
    inside = f"{used}{name}{said}{only if flags & EPHEMERAL else ''}"
    return f"<div class='{shape}'><span class='icon'>{NAME[0]}</span><div class='body'>{inside}</div></div>"


def _all(components: Iterable[Json], pen: Pen) -> str:
    return "\n".join(_one(one, pen) for one in components)


def _one(one: Json, pen: Pen) -> str:
    kind = one["type"]
    if kind == kinds.ROW:
        return f"<div class='row'>{_all(one['components'], pen)}</div>"
    if kind == kinds.BUTTON:
        return _button(one)
    if kind == kinds.WORDS:
        return f"<div class='words'>{marked(one['content'])}</div>"
    if kind == kinds.SECTION:
        words = _all(one["components"], pen)
        beside = _one(one["accessory"], pen)
        return f"<div class='section'><div>{words}</div><div>{beside}</div></div>"
    if kind == kinds.CONTAINER:
        color = one.get("accent_color")
        edge = "" if color is None else f" style='border-left-color:#{color:06x}'"
        return f"<div class='container'{edge}>{_all(one['components'], pen)}</div>"
    if kind == kinds.SEPARATOR:
        line = " line" if one.get("divider", True) else ""
        return f"<div class='separator{line} s{one.get('spacing', 1)}'></div>"
    if kind in (kinds.GALLERY, kinds.THUMBNAIL, kinds.FILE):
        return _media(one, pen)
    if kind == kinds.LABEL:
        return _label(one, pen)
    return _field(one, pen)


def _media(one: Json, pen: Pen) -> str:
    items = one.get("items") or [{"media": one.get("media") or one["file"], **one}]
    inside = "".join(
        _picture(each["media"]["url"], pen, each.get("description") or "") for each in items
    )
    return f"<div class='gallery'>{inside}</div>"


def _button(one: Json) -> str:
    emoji = (one.get("emoji") or {}).get("name") or ""
    words = " ".join(filter(None, [emoji, one.get("label") or ""]))
    out = " ↗" if one["style"] == kinds.LINK else ""
    off = " disabled" if one.get("disabled") else ""
    return f"<span class='button {STYLES[one['style']]}{off}'>{_safe(words)}{out}</span>"


def _label(one: Json, pen: Pen) -> str:
    inside = one["component"]
    star = "<em>*</em>" if inside.get("required", inside["type"] != kinds.CHECK) else ""
    more = f"<div class='hint'>{_safe(one['description'])}</div>" if one.get("description") else ""
    words = f"<label>{_safe(one['label'])} {star}</label>{more}"
    return f"<div class='field'>{words}{_field(inside, pen)}</div>"


def _field(one: Json, pen: Pen) -> str:
    value = pen.typed.get(one["custom_id"], initial(one))
    said = pen.errors.get(one["custom_id"])
    under = f"<div class='error'>{_safe(said)}</div>" if said else ""
    old = f"<label>{_safe(one['label'])}</label>" if one.get("label") else ""
    if one["type"] in (kinds.RADIO, kinds.CHECKS, kinds.CHECK):
        return _choices(one, value) + under
    names = {each["value"]: each["label"] for each in one.get("options", ())}
    many = value if isinstance(value, list) else [value] if value else []
    words = ", ".join(names.get(each, each) for each in many)
    shape = "many" if one.get("style") == 2 else "" if one["type"] == kinds.INPUT else "select"
    empty = f"<span class='empty'>{_safe(one.get('placeholder') or '')}</span>"
    listed = "".join(_choice(each, "", set(many)) for each in one.get("options", ()))
    menu = f"<div class='menu'>{listed}</div>" if listed else ""
    return f"{old}<div class='box {shape}'>{_safe(words) or empty}</div>{menu}{under}"


def _choices(one: Json, value: Any) -> str:
    if one["type"] == kinds.CHECK:
        return f"<span class='choice{' set' if value else ''}'></span>"
    values = set(value if isinstance(value, list) else [value])
    shape = " one" if one["type"] == kinds.RADIO else ""
    return "".join(_choice(each, shape, values) for each in one["options"])


def _choice(option: Json, shape: str, values: set[Any]) -> str:
    chosen = " set" if option["value"] in values else ""
    more = f"<small>{_safe(option['description'])}</small>" if option.get("description") else ""
    return f"<span class='choice{shape}{chosen}'>{_safe(option['label'])}{more}</span>"


def _picture(url: str, pen: Pen, alt: str = "") -> str:
    name = url.removeprefix("attachment://")
    ids = [one["id"] for one in pen.attached if one["filename"] == name]
    told = [one.get("description") or "" for one in pen.attached if one["filename"] == name]
    words = alt or next(iter(told), "") or name
    for key in (name, *ids):
        if key in pen.pictures:
            data = b64encode(pen.pictures[key]).decode()
            return f"<img src='data:image/png;base64,{data}' alt='{_safe(words)}'>"
    return f"<div class='picture'>{_safe(words)}</div>"


def _safe(words: str) -> str:
    return html.escape(words)
