"""A person at a Slack client: types commands, fills in modals, presses buttons, sees what is shown.

What a client does not let people do raises Impossible; what it says to them is kept, as they see it.
"""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.fakes.slack import fields, payloads
from tests.fakes.slack.blocks import elements_of
from tests.fakes.slack.delivery import Ack
from tests.fakes.slack.errors import ApiError
from tests.fakes.slack.finding import Found, find, names
from tests.fakes.slack.places import Channel, User
from tests.fakes.slack.screen import Impossible, Screen, Shown
from tests.fakes.slack.views_methods import check_view

if TYPE_CHECKING:
    from tests.fakes.slack.town import Town

Json = dict[str, Any]
CONNECTING = "We had some trouble connecting. Try again?"


@dataclass(frozen=True)
class Seen:
    """What came of an act. ``trouble``: what Slack says when the bot did not answer as it must;
    ``errors``: under the fields; ``ephemerals`` and ``messages``: the new ones."""

    trouble: str
    errors: dict[str, str]
    view: Json | None
    ephemerals: tuple[Json, ...]
    messages: tuple[Json, ...]
    seconds: float


class Hand:
    """``patience``: how long it is waited, after the bot's ack, until anything changes before one's
    eyes; ``at``: the room one looks at; ``errors``: what stands under the fields of the top modal."""

    def __init__(self, town: "Town", user: User) -> None:
        self._town, self._user = town, user
        self.patience = 0.5
        self.at: Channel | None = None
        self.errors: dict[str, str] = {}
        self.trouble = ""

    # What one sees -------------------------------------------------------------------------------

    @property
    def screen(self) -> Screen:
        return self._town.screen(self._user)

    @property
    def stack(self) -> list[Json]:
        return [one.told() for one in self.screen.stack]

    @property
    def view(self) -> Json | None:
        """The modal on top."""
        return self.screen.stack[-1].told() if self.screen.stack else None

    @property
    def home_view(self) -> Json | None:
        return self.screen.home.told() if self.screen.home else None

    @property
    def rooms(self) -> list[Channel]:
        rooms = self._user.space.channels.values()
        return [one for one in rooms if self._user.id in one.members]

    @property
    def ephemerals(self) -> list[Json]:
        """For one's eyes only, oldest first."""
        seen = [one for room in self.rooms for one in room.ephemerals if one["to"] == self._user.id]
        return sorted(seen, key=lambda one: float(one["ts"]))

    def messages(self, channel: Channel | None = None) -> list[Json]:
        """Of a room one is in, or of all of them; oldest first."""
        rooms = self.rooms if channel is None else [channel] if channel in self.rooms else []
        return sorted((m for room in rooms for m in room.messages), key=lambda m: float(m["ts"]))

    @property
    def directs(self) -> list[Json]:
        """What the bot wrote to this person alone."""
        return self.messages(self._user.space.direct(self._user))

    async def until(self, so: Any, within: float = 5.0) -> Any:
        return await self._town.until(so, within)

    # What one does -------------------------------------------------------------------------------

    async def command(
        self, name: str, text: str = "", channel: Channel | None = None, *, thread: str = ""
    ) -> Seen:
        """Type a slash command. Slack takes none in a thread, and none that it does not know."""
        if thread:
            raise Impossible(f"{name} is not supported in threads. Sorry!")
        known = self._town.app.commands
        if known is not None and name not in known:
            raise Impossible(f"{name} is not a valid command.")
        channel = channel or self.at or self._user.space.direct(self._user)
        self.at = channel
        before = self._before()
        url = self._town.responses.new(self._user, channel)
        trigger = self._town.triggers.new(self._user)
        payload = payloads.command(self._user, channel, name, text, trigger, url)
        ack = await self._deliver("command", payload)
        if not ack.trouble:
            try:
                self._town.responses.ack(self._user, channel, ack.body)
            except ApiError as why:
                ack = Ack(f"dispatch_failed: {why.error}")
        return await self._seen(before, ack)

    async def shortcut(self, callback_id: str) -> Seen:
        """A global shortcut, from the menu behind the plus sign."""
        known = self._town.app.shortcuts
        if known is not None and callback_id not in known:
            raise Impossible(f"no shortcut {callback_id}")
        before = self._before()
        trigger = self._town.triggers.new(self._user)
        payload = payloads.shortcut(self._user, callback_id, trigger)
        return await self._seen(before, await self._deliver("interactive", payload))

    async def home(self, tab: str = "home") -> Json | None:
        """Open the bot's home; gives what is published there."""
        before, space = self._before(), self._user.space
        inner: Json = {
            "type": "app_home_opened",
            "user": self._user.id,
            "channel": space.direct(self._user).id,
            "tab": tab,
        }
        if self.screen.home is not None and tab == "home":
            inner["view"] = self.home_view
        ack = await self._town.delivery.event(payloads.event(space, inner), space)
        await self._seen(before, ack)
        return self.home_view

    def fill(self, **answers: Any) -> None:
        """Type into fields of the top modal, without sending."""
        self._fill(self._top(), answers)

    async def submit(self, answers: Json | None = None, *, forced: bool = False) -> Seen:
        """Fill in and send the top modal. ``forced``: a client of one's own, that checks nothing."""
        shown, before = self._top(), self._before()
        if not shown.view["submit"] or shown.view.get("submit_disabled"):
            raise Impossible("this view has nothing to send it with")
        self._fill(shown, answers or {})
        self.errors = {} if forced else self._objections(shown)
        if self.errors:
            return await self._seen(before, None)
        trigger = self._town.triggers.new(self._user, in_modal=True)
        payload = payloads.submission(self._user, shown, trigger)
        ack = await self._deliver("interactive", payload)
        if not ack.trouble:
            try:
                self._answered(shown, ack.body)
            except ApiError as why:
                said = why.more.get("response_metadata", {}).get("messages", [])
                ack = Ack(f"{CONNECTING} {why.error} {said}")
        return await self._seen(before, ack)

    async def press(
        self, action: str, value: Any = None, *, where: str = "", message: Json | None = None
    ) -> Seen:
        """A button (or, with ``value``, a select or overflow) by its action_id, or by what stands
        before its colon: in the top modal, else in messages from the newest, else in the home.
        ``where``: "home" or "message", to look there only."""
        before = self._before()
        found = find(self, action, where, message)
        if "url" in found.element and found.element["type"] == "button":
            pass  # the browser opens it, and the bot is told nevertheless
        ack = await self._deliver("interactive", self._acted(found, value))
        return await self._seen(before, ack)

    async def close(self, *, everything: bool = False) -> Seen:
        """The x or the close button of the top modal; ``everything``: all that is stacked."""
        before, gone = self._before(), [self._top()]
        if everything:
            gone = list(reversed(self.screen.stack))
        ack = Ack()
        for one in gone:
            self.screen.stack.remove(one)
            if one.view["notify_on_close"]:
                payload = payloads.closed(self._user, one, cleared=everything)
                ack = await self._deliver("interactive", payload)
        self._town.changed()
        return await self._seen(before, ack, patience=0)

    # How it goes ---------------------------------------------------------------------------------

    def _top(self) -> Shown:
        if not self.screen.stack:
            raise Impossible("no modal is open")
        return self.screen.stack[-1]

    async def _deliver(self, kind: str, payload: Json) -> Ack:
        return await self._town.delivery.deliver(kind, payload, self._user.space)

    def _fill(self, shown: Shown, answers: Json) -> None:
        left = dict(answers)
        for block in shown.view["blocks"]:
            for one in elements_of([block]):
                for key in list(left):
                    if names(key, block["block_id"]) or names(key, one["action_id"]):
                        where = (block["block_id"], one["action_id"])
                        shown.typed[where] = fields.put(one, left.pop(key))
        if left:
            raise Impossible(f"no such fields: {sorted(left)}")

    def _objections(self, shown: Shown) -> dict[str, str]:
        values, found = shown.state["values"], {}
        for block in shown.view["blocks"]:
            if block["type"] == "input":
                one = block["element"]
                said = fields.objection(block, one, values[block["block_id"]][one["action_id"]])
                if said:
                    found[block["block_id"]] = said
        return found

    def _answered(self, shown: Shown, body: Any) -> None:
        """What the bot's answer to a submission does to the stack."""
        stack = self.screen.stack
        action = (body or {}).get("response_action") if isinstance(body, dict) else None
        if body in (None, "", {}):
            if shown in stack:
                stack.remove(shown)
        elif action == "errors":
            asked = {one["block_id"] for one in shown.view["blocks"] if one["type"] == "input"}
            errors = body.get("errors") or {}
            if not errors or set(errors) - asked:
                raise ApiError("invalid_response_errors")
            self.errors = dict(errors)
        elif action == "update":
            shown.change(check_view(body["view"], kind="modal"))
        elif action == "push":
            self.screen.push(check_view(body["view"], kind="modal"))
        elif action == "clear":
            stack.clear()
        else:
            raise ApiError("invalid_response_action")

    def _acted(self, found: Found, value: Any) -> Json:
        user, town = self._user, self._town
        given: Json = {}
        if found.element["type"] != "button":
            state = _chosen(found.element, value)
            given = {key: one for key, one in state.items() if key != "type"}
            if found.shown is not None and found.element["type"] != "overflow":
                where = (found.block["block_id"], found.element["action_id"])
                found.shown.typed[where] = state
        action = payloads.action(found.block, found.element, given, town.now())
        modal = found.shown is not None and found.shown.view["type"] == "modal"
        trigger = town.triggers.new(user, in_modal=modal)
        if found.shown is not None:
            return payloads.action_in_view(user, found.shown, action, trigger)
        assert found.channel is not None
        assert found.message is not None
        url = town.responses.new(user, found.channel, found.message)
        return payloads.action_in_message(user, found.channel, found.message, action, trigger, url)

    def _before(self) -> tuple[Any, ...]:
        return (
            [one.view["hash"] for one in self.screen.stack],
            self.screen.home and self.screen.home.view["hash"],
            [one["ts"] for one in self.ephemerals],
            [(one["ts"], one.get("edited")) for one in self.messages()],
        )

    async def _seen(
        self, before: tuple[Any, ...], ack: Ack | None, patience: float | None = None
    ) -> Seen:
        """Look once something has changed, or nothing has for as long as one's patience."""
        self.trouble = ack.trouble if ack else ""
        wait = self.patience if patience is None else patience
        if ack and not ack.trouble and not self.errors and wait:
            try:
                await self._town.until(lambda: self._before() != before, wait)
            except TimeoutError:
                await asyncio.sleep(0)
        if self._before()[0] != before[0]:
            self.errors = {}
        told, posted = set(before[2]), {ts for ts, _ in before[3]}
        return Seen(
            self.trouble,
            dict(self.errors),
            self.view,
            tuple(one for one in self.ephemerals if one["ts"] not in told),
            tuple(one for one in self.messages() if one["ts"] not in posted),
            ack.seconds if ack else 0.0,
        )


def _chosen(element: Json, value: Any) -> Json:
    if element["type"] != "overflow":
        return fields.put(element, value)
    for one in element["options"]:
        if one.get("value") == value:
            return {"type": "overflow", "selected_option": one}
    raise Impossible(f"{value!r} is not in the menu")
