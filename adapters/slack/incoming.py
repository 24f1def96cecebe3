"""What Slack brings, as we understand it: who did what, where, and what opens an answer. Pure.

An account lives in what is made here for as long as its request does. Nothing is looked up.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.slack.carried import Carried, Kind, OldView, carried
from bot.chat import Caller

PLATFORM = "slack"
LONGEST = 1000  #: characters of an id or an address; Slack's own have a tenth of that


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where a payload comes from: ``team`` is empty where an organisation installed us and Slack
    names no workspace."""

    team: str
    enterprise: str = ""
    org_wide: bool = False


@dataclass(frozen=True, slots=True)
class Incoming:
    """One act. ``trigger``: opens one modal, within three seconds; ``view``: the modal it was done
    in, if any; ``respond``: where an answer that only they see can be put, without a modal."""

    workspace: Workspace
    caller: Caller = field(repr=False)
    trigger: str = field(default="", repr=False)
    respond: str = field(default="", repr=False)
    view: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def room(self) -> str:
        return self.caller.room

    @property
    def in_modal(self) -> bool:
        return self.view.get("type") == "modal"

    @property
    def view_id(self) -> str:
        return str(self.view.get("id", ""))

    @property
    def blocks(self) -> list[dict[str, Any]]:
        """Of its view, those that are any."""
        blocks = self.view.get("blocks")
        return [one for one in blocks if isinstance(one, dict)] if isinstance(blocks, list) else []

    @property
    def carried(self) -> Carried:
        """Raises OldView."""
        return carried(self.view.get("private_metadata"))


def typed(body: Mapping[str, Any]) -> Incoming:
    """A slash command. A talk between two people, or with the bot, is no shared room."""
    team, enterprise = _text(body, "team_id"), _text(body, "enterprise_id")
    where = Workspace(team, enterprise, body.get("is_enterprise_install") in (True, "true"))
    channel = _text(body, "channel_id")
    alone = channel.startswith("D")  # by its id: any channel may have any name
    caller = Caller(
        PLATFORM,
        team or enterprise,
        _text(body, "user_id"),
        once=_text(body, "trigger_id") or None,
        room="" if alone else channel,
        place=_text(body, "team_domain"),
    )
    return Incoming(where, caller, _text(body, "trigger_id"), _text(body, "response_url"))


def acted(body: Mapping[str, Any]) -> Incoming:
    """A button, a form that was handed in, or a shortcut. Whoever is at home in another workspace is
    in that one, wherever a channel is shared: in no place of the community that it would be."""
    team, user, view = _part(body, "team"), _part(body, "user"), _part(body, "view")
    enterprise = _text(_part(body, "enterprise"), "id")
    where = Workspace(_text(team, "id"), enterprise, body.get("is_enterprise_install") is True)
    kept = _kept(view)
    space = (kept.space if kept else "") or _acts_in(where, _text(user, "team_id"))
    trigger = _text(body, "trigger_id")
    caller = Caller(
        PLATFORM,
        space,
        _text(user, "id"),
        once=trigger or None,
        room=_room(body, kept),
        place=_text(team, "domain") if space == where.team else "",
    )
    return Incoming(where, caller, trigger, _text(body, "response_url"), view)


def happened(body: Mapping[str, Any]) -> Workspace:
    """Where an event comes from."""
    told = body.get("authorizations")
    first = told[0] if isinstance(told, list) and told and isinstance(told[0], Mapping) else {}
    enterprise = _text(body, "enterprise_id")
    org_wide = first.get("is_enterprise_install") is True
    return Workspace(_text(body, "team_id"), enterprise, org_wide)


def _kept(view: Mapping[str, Any]) -> Carried | None:
    """What a view carries back; None where there is none, or another version of us made it."""
    try:
        return carried(view.get("private_metadata"))
    except OldView:
        return None


def _acts_in(where: Workspace, home: str) -> str:
    """The workspace somebody acts in. Slack calls their ``home`` by the organisation's id, or by one
    of its workspaces, which need not be this one (docs.slack.dev/reference/interaction-payloads):
    the organisation's own is nothing foreign, any other home is."""
    own = home in ("", where.team, where.enterprise)
    return (where.team or home or where.enterprise) if own else home


def _room(body: Mapping[str, Any], kept: Carried | None) -> str:
    """The shared room of a message that was pressed, or the one in which a modal was opened."""
    channel = _text(_part(body, "channel"), "id")
    if channel:
        return "" if channel.startswith("D") else channel
    return kept.room if kept and kept.kind is not Kind.HOME else ""


def _part(body: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = body.get(key)
    return value if isinstance(value, Mapping) else {}


def _text(body: Mapping[str, Any], key: str) -> str:
    """What is no text, or none that anything could be called, is left out."""
    value = body.get(key)
    known = isinstance(value, str) and len(value) <= LONGEST and value.isprintable()
    return str(value) if known else ""
