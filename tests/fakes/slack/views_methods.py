"""``views.open``, ``views.push``, ``views.update``, ``views.publish``, and the triggers they cost."""

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.fakes.slack import blocks
from tests.fakes.slack.errors import ApiError, invalid
from tests.fakes.slack.places import User
from tests.fakes.slack.screen import Screen, Shown
from tests.fakes.slack.web_api import Asked, Method

if TYPE_CHECKING:
    from tests.fakes.slack.town import Town

Json = dict[str, Any]
TRIGGER = 3.0  #: seconds


@dataclass
class Trigger:
    """``in_modal``: what was done was done in a modal."""

    user: User
    made: float
    in_modal: bool
    used: bool = False


class Triggers:
    """Each is good once, for three seconds."""

    def __init__(self, town: "Town") -> None:
        self._town = town
        self._all: dict[str, Trigger] = {}

    def new(self, user: User, *, in_modal: bool = False) -> str:
        id = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._all[id] = Trigger(user, self._town.now(), in_modal)
        return id

    def use(self, id: str) -> Trigger:
        found = self._all.get(id)
        if found is None:
            raise ApiError("invalid_trigger_id")
        if found.used:
            raise ApiError("exchanged_trigger_id")
        if self._town.now() - found.made > TRIGGER:
            raise ApiError("expired_trigger_id")
        found.used = True
        return found


def check_view(view: Any, *, kind: str = "") -> Json:
    """Refuse what Slack would; ``kind``: modal or home, where only that will do."""
    invalid("invalid_arguments", blocks.wrong_in_view(view))
    if kind and view["type"] != kind:
        raise ApiError(
            "invalid_arguments",
            response_metadata={"messages": [f"[ERROR] view type must be {kind}"]},
        )
    if blocks.too_large(view):
        raise ApiError("view_too_large")
    invalid("invalid_arguments", blocks.refused_by_models(view))
    return dict(view)


async def _opened(asked: Asked) -> Json:
    return _with_trigger(asked, push=False)


async def _pushed(asked: Asked) -> Json:
    return _with_trigger(asked, push=True)


def _with_trigger(asked: Asked, *, push: bool) -> Json:
    view = check_view(asked.params["view"], kind="modal")
    trigger = asked.town.triggers.use(str(asked.params["trigger_id"]))
    if trigger.user.space is not asked.token.space:
        raise ApiError("invalid_trigger_id")
    screen = asked.town.screen(trigger.user)
    _check_external(asked.town, view)
    if push and not (trigger.in_modal and screen.stack):
        raise ApiError("invalid_trigger_id")
    if not push and trigger.in_modal:
        asked.town.wrong.append("views.open from within a modal, which Slack does not promise")
    shown = screen.push(view) if push else screen.open(view)
    return {"view": shown.told()}


def _check_external(town: "Town", view: Json) -> None:
    id = view.get("external_id")
    if id and any(one.find(external_id=id) for one in town.screens.values()):
        raise ApiError("duplicate_external_id")


async def _updated(asked: Asked) -> Json:
    view = check_view(asked.params["view"])
    id, external = asked.params.get("view_id", ""), asked.params.get("external_id", "")
    if bool(id) == bool(external):
        raise ApiError("invalid_arguments")
    shown = _found(asked, id, external)
    if shown.view["type"] != view["type"]:
        raise ApiError("invalid_arguments")
    shown.change(view, asked.params.get("hash", ""))
    return {"view": shown.told()}


def _found(asked: Asked, id: str, external: str) -> Shown:
    for screen in asked.town.screens.values():
        if screen.space is asked.token.space and (found := screen.find(id, external)):
            return found
    raise ApiError("not_found")


async def _published(asked: Asked) -> Json:
    view = check_view(asked.params["view"], kind="home")
    user = asked.space.users.get(asked.params["user_id"])
    if user is None:
        raise ApiError("user_not_found")
    screen: Screen = asked.town.screen(user)
    return {"view": screen.publish(view, asked.params.get("hash", "")).told()}


_OPEN = frozenset({"view", "trigger_id"})
METHODS = {
    "views.open": Method(_opened, _OPEN, needed=_OPEN, tier=100),
    "views.push": Method(_pushed, _OPEN, needed=_OPEN, tier=100),
    "views.update": Method(
        _updated,
        frozenset({"view", "view_id", "external_id", "hash"}),
        needed=frozenset({"view"}),
        tier=100,
    ),
    "views.publish": Method(
        _published,
        frozenset({"view", "user_id", "hash"}),
        needed=frozenset({"view", "user_id"}),
        tier=100,
    ),
}
