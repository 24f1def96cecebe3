"""A person at a Slack client: types commands, fills in modals, presses buttons, sees what is shown.

What a client does not let people do raises Impossible; what it says to them is kept, as they see it.
"""

from typing import Any

from tests.fakes.slack import fields, payloads
from tests.fakes.slack.blocks import elements_of
from tests.fakes.slack.delivery import Ack
from tests.fakes.slack.errors import ApiError
from tests.fakes.slack.eyes import Eyes, Seen
from tests.fakes.slack.finding import Found, find, names
from tests.fakes.slack.places import Channel
from tests.fakes.slack.screen import Impossible, Shown
from tests.fakes.slack.views_methods import check_view

Json = dict[str, Any]
CONNECTING = "We had some trouble connecting. Try again?"


class Hand(Eyes):
    """``patience`` and the rest: see Eyes."""

    # What one does -------------------------------------------------------------------------------

    async def command(
        self, name: str, text: str = "", channel: Channel | None = None, *, thread: str = ""
    ) -> Seen:
        """Type a slash command. Slack takes none in a thread, and none that it does not know."""
        if thread:
            raise Impossible(f"{name} is not supported in threads. Sorry!")
        self._may_act()
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
        self._may_act()
        known = self._town.app.shortcuts
        if known is not None and callback_id not in known:
            raise Impossible(f"no shortcut {callback_id}")
        before = self._before()
        trigger = self._town.triggers.new(self._user)
        payload = payloads.shortcut(self._user, callback_id, trigger)
        return await self._seen(before, await self._deliver("interactive", payload))

    async def home(self, tab: str = "home") -> Json | None:
        """Open the bot's home; gives what is published there."""
        self._may_act()
        if not self._town.app.home_tab:
            raise Impossible("the app has no home")
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

    def _may_act(self) -> None:
        if self._user.deleted or not (self._user.space.installed or self.stale):
            raise Impossible("this person, or the app, is no longer there")

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


def _chosen(element: Json, value: Any) -> Json:
    if element["type"] != "overflow":
        return fields.put(element, value)
    for one in element["options"]:
        if one.get("value") == value:
            return {"type": "overflow", "selected_option": one}
    raise Impossible(f"{value!r} is not in the menu")
