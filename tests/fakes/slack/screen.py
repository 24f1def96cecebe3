"""What one person has open at their client: a stack of modals, the home view, and what they typed.

Views are held as Slack gives them back: with ids, hashes, and ids for blocks that had none.
"""

import secrets
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.slack.blocks import elements_of
from tests.fakes.slack.errors import ApiError
from tests.fakes.slack.places import User, Workspace, new_id

Json = dict[str, Any]
STACK = 3
EMPTY: Json = {"type": "plain_text", "text": "", "emoji": True}


class Impossible(AssertionError):
    """Nobody can do that at a client: no such button, field, option or view."""


@dataclass(eq=False)
class Shown:
    """A view on a screen. ``typed``: what is in its fields, by (block_id, action_id)."""

    view: Json
    screen: "Screen"
    typed: dict[tuple[str, str], Json] = field(default_factory=dict)

    @property
    def state(self) -> Json:
        values: Json = {}
        for block in self.view["blocks"]:
            for one in elements_of([block]):
                if one["type"] in ("button", "overflow"):
                    continue
                where = (block["block_id"], one["action_id"])
                kept = self.typed.get(where)
                if kept is None or kept["type"] != one["type"]:
                    kept = initial(one)
                values.setdefault(where[0], {})[where[1]] = kept
        return {"values": values}

    def change(self, view: Json, hash: str = "") -> None:
        """Another view in its place; what was typed stays where block and element are the same."""
        if hash and hash != self.view["hash"]:
            raise ApiError("hash_conflict")
        kept = {key: self.view[key] for key in ("id", "root_view_id", "previous_view_id")}
        self.view = dressed(view, self.screen) | kept
        there = {
            (block["block_id"], one["action_id"])
            for block in self.view["blocks"]
            for one in elements_of([block])
        }
        self.typed = {where: kept for where, kept in self.typed.items() if where in there}
        self.screen.changed()

    def told(self) -> Json:
        """The view as payloads carry it."""
        return self.view | {"state": self.state}


@dataclass(eq=False)
class Screen:
    space: Workspace
    user: User
    stack: list[Shown] = field(default_factory=list)
    home: Shown | None = None

    def open(self, view: Json) -> Shown:
        """A first modal; what was open is gone."""
        self.stack.clear()
        return self._put(view)

    def push(self, view: Json) -> Shown:
        if len(self.stack) >= STACK:
            raise ApiError("push_limit_reached")
        return self._put(view)

    def publish(self, view: Json, hash: str = "") -> Shown:
        if self.home is not None:
            self.home.change(view, hash)
        else:
            self.home = Shown(dressed(view, self), self)
            self.changed()
        return self.home

    def find(self, view_id: str = "", external_id: str = "") -> Shown | None:
        for one in [*self.stack, *([self.home] if self.home else [])]:
            if view_id and one.view["id"] == view_id:
                return one
            if external_id and one.view["external_id"] == external_id:
                return one
        return None

    def _put(self, view: Json) -> Shown:
        made = dressed(view, self)
        if self.stack:
            made["root_view_id"] = self.stack[0].view["id"]
            made["previous_view_id"] = self.stack[-1].view["id"]
        self.stack.append(Shown(made, self))
        self.changed()
        return self.stack[-1]

    def changed(self) -> None:
        self.space.town.changed(self.user.id)


def dressed(view: Json, screen: Screen) -> Json:
    """A view as Slack keeps it."""
    id = new_id("V")
    space = screen.space
    given = {
        "id": id,
        "team_id": space.team,
        "type": view["type"],
        "blocks": named(view["blocks"]),
        "private_metadata": view.get("private_metadata", ""),
        "callback_id": view.get("callback_id", ""),
        "state": {"values": {}},
        "hash": f"{space.town.now():.0f}.{secrets.token_hex(4)}",
        "title": view.get("title", EMPTY),
        "clear_on_close": view.get("clear_on_close", False),
        "notify_on_close": view.get("notify_on_close", False),
        "close": view.get("close"),
        "submit": view.get("submit"),
        "previous_view_id": None,
        "root_view_id": id,
        "app_id": space.town.app.id,
        "external_id": view.get("external_id", ""),
        "app_installed_team_id": space.team,
        "bot_id": space.bot_id,
    }
    if view["type"] == "modal":
        given["submit_disabled"] = view.get("submit_disabled", False)
    return given


def named(blocks: list[Json]) -> list[Json]:
    """A copy with an id for every block and element that has none, and emoji said."""
    copy: list[Json] = []
    for block in blocks:
        made = {**block, "block_id": block.get("block_id") or secrets.token_urlsafe(4)}
        for key in ("element", "accessory"):
            if key in block:
                made[key] = _with_action(block[key])
        if block["type"] == "actions":
            made["elements"] = [_with_action(one) for one in block["elements"]]
        copy.append(made)
    return copy


def _with_action(element: Json) -> Json:
    if element["type"] == "image":
        return element
    return {**element, "action_id": element.get("action_id") or secrets.token_urlsafe(4)}


#: What a field that nobody touched holds: the key in the state, and the key of its first value.
FIRST = {
    "plain_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "multi_static_select": ("selected_options", "initial_options"),
    "checkboxes": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "channels_select": ("selected_channel", "initial_channel"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
}


def initial(element: Json) -> Json:
    kind = element["type"]
    key, first = FIRST[kind]
    empty: Any = [] if key.endswith("s") else None
    return {"type": kind, key: element.get(first, empty) or empty}
