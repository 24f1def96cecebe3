"""A person at a Discord client: types commands, presses buttons, fills in modals, and sees what is shown.

What a client does not let people do raises Impossible; what it says to them is kept, as they see it.
"""

import asyncio
from time import monotonic
from typing import Any

from tests.fakes.discord import fields, permissions
from tests.fakes.discord.answers import CHANGE_LATER
from tests.fakes.discord.commands import CHAT
from tests.fakes.discord.eyes import Eyes, Seen, same
from tests.fakes.discord.interactions import (
    COMMAND,
    COMPONENT,
    SUBMIT,
    Interaction,
    owners,
    owners_of,
)
from tests.fakes.discord.messages import EPHEMERAL, LOADING, Message, made
from tests.fakes.discord.offered import filled, found, usable
from tests.fakes.discord.parts import BUTTON, LINK, inner
from tests.fakes.discord.places import Channel
from tests.fakes.discord.screen import Impossible, Shown

Json = dict[str, Any]
SILENT = {
    COMMAND: "The application did not respond",
    COMPONENT: "This interaction failed",
    SUBMIT: "Something went wrong. Try again.",
}


class Hand(Eyes):
    """One client of one person; another of theirs is another hand."""

    # What one does -------------------------------------------------------------------------------

    def goes(self, channel: Channel | None) -> None:
        """Look at another room; None: at the conversation with the bot."""
        if channel is not None and channel not in self.rooms():
            raise Impossible("no such room for this person")
        self.at = channel

    async def types(self, name: str, at: Channel | None = None, /, **options: Any) -> Seen:
        """Type a slash command, with its options, here or in another room."""
        if at is not None:
            self.goes(at)
        command = found(name, self.offered())
        data: Json = {"id": command["id"], "name": command["name"], "type": CHAT}
        data["options"] = filled(command, options)
        who = owners(self._town, self.user, self.room, command["integration_types"])
        return await self._does(COMMAND, data, who)

    def offered(self) -> list[Json]:
        """The commands that a client lists in this room."""
        return [one for one in self._town.commands.values() if usable(one, self.user, self.room)]

    async def presses(self, what: str, *, on: Json | None = None) -> Seen:
        """A button by its custom_id, by a part of it between colons, or by its label; in the newest
        message that has it, or in this one."""
        message, one = self._find(what, on)
        if one["type"] != BUTTON:
            raise Impossible(f"{what} is no button")
        if one["style"] == LINK:
            raise Impossible("a link goes to a browser, not to the bot")
        return await self._acts(message, one, {})

    async def picks(self, what: str, *answers: Any, on: Json | None = None) -> Seen:
        """Choose from a select that stands in a message."""
        message, one = self._find(what, on)
        values = fields.put(one, list(answers))
        if said := fields.how_many(one, values):
            raise Impossible(said)
        more: Json = {"values": values}
        if chosen := fields.resolved(message.channel.guild, answers):
            more["resolved"] = chosen
        return await self._acts(message, one, more)

    def fills(self, answers: Json | None = None, /, **more: Any) -> None:
        """Type into fields of the open modal, by their custom_id or label, without sending."""
        top, left = self._top(), (answers or {}) | more
        labels = {
            one["component"]["custom_id"]: one["label"]
            for one in top.data["components"]
            if "component" in one
        }
        for one in top.fields:
            id = one["custom_id"]
            for word in [word for word in left if fields.names(word, id, labels.get(id, ""))]:
                answer = left.pop(word)
                top.typed[id] = fields.put(one, answer)
                top.chosen[id] = answer
        if left:
            raise Impossible(f"no such fields: {sorted(left)}")

    async def submits(
        self, answers: Json | None = None, /, *, twice: bool = False, **more: Any
    ) -> Seen:
        """Fill in and send the open modal; ``twice``: as when somebody's finger is quicker than the bot."""
        top = self._top()
        self.fills(answers, **more)
        said = {one["custom_id"]: fields.objection(one, top.value(one)) for one in top.fields}
        self.errors = {id: words for id, words in said.items() if words}
        if self.errors:
            return Seen("", dict(self.errors), self.modal, (), (), 0.0)
        data = top.sent()
        answered = fields.chosen(top.chosen.values())
        if chosen := fields.resolved(top.by.channel.guild, answered):
            data["resolved"] = chosen
        sends = [
            self._does(SUBMIT, data, top.by.owners, top.by.message, top.by)
            for _ in range(2 if twice else 1)
        ]
        return (await asyncio.gather(*sends))[0]

    def closes(self) -> None:
        """The x of the modal: the bot hears nothing of it."""
        self._top()
        self.screen.modal = None

    def reloads(self) -> None:
        """The client starts anew: what was whispered is gone, and the modal, too."""
        self.screen.modal = None
        for room in self.rooms():
            room.whispers[:] = [one for one in room.whispers if one.to != self.user.id]

    def says(self, words: str, at: Channel | None = None) -> Json:
        """Write an ordinary message."""
        room = at or self.room
        if not room.may(self.user) & permissions.SEND:
            raise Impossible("one may not write here")
        data = made(self._town, room, {"content": words}, author=self.user.told())
        del data["application_id"]
        self._town.posted(Message(room, data), None)
        return data

    # How it goes ---------------------------------------------------------------------------------

    def _top(self) -> Shown:
        if self.screen.modal is None:
            raise Impossible("no modal is open")
        return self.screen.modal

    def _find(self, what: str, on: Json | None) -> tuple[Message, Json]:
        for message in reversed(self.all() if on else [*self.all(), *self.all(self.room)]):
            if on is not None and message.id != on["id"]:
                continue
            for one in inner(message.data["components"]):
                said = one.get("label") or one.get("placeholder") or ""
                if "custom_id" in one and fields.names(what, one["custom_id"], said):
                    if one.get("disabled"):
                        raise Impossible(f"{what} is greyed out")
                    return message, one
        raise Impossible(f"no {what} to press; one sees: {self.sees!r}")

    async def _acts(self, message: Message, one: Json, more: Json) -> Seen:
        data = {"component_type": one["type"], "id": one["id"], "custom_id": one["custom_id"]}
        return await self._does(COMPONENT, data | more, owners_of(message), message)

    async def _does(
        self,
        kind: int,
        data: Json,
        who: Json,
        message: Message | None = None,
        before: Interaction | None = None,
    ) -> Seen:
        """Send it to the bot, and look once it has answered, or the time for that is over."""
        room = message.channel if message is not None else before.channel if before else self.room
        one = Interaction(
            self._town, kind, self.user, room, self.screen, data, who, message, before
        )
        seen, began = self.looks(), monotonic()
        self._town.interactions.new(one)
        told = self._town.gateway.tell(room.guild, "INTERACTION_CREATE", one.told(), needs=0)
        self.trouble = await self._answered(one, told, seen)
        return self._sees(seen, monotonic() - began)

    async def _answered(self, one: Interaction, told: int, seen: dict[str, Json]) -> str:
        try:
            async with asyncio.timeout(self._town.interactions.within if told else 0):
                await one.done.wait()
        except TimeoutError:
            return SILENT[one.kind]
        if one.original is not None and one.original.flags & LOADING:
            return await self._changed(lambda: not one.original.flags & LOADING, "still thinking")
        if one.answer == CHANGE_LATER:
            return await self._changed(lambda: not same(seen, self.looks()), "")
        return ""

    async def _changed(self, so: Any, else_: str) -> str:
        """The bot said that it goes on: wait for that, as long as one's patience."""
        try:
            await self.until(so, self.patience)
        except TimeoutError:
            return else_
        return ""

    def _sees(self, before: dict[str, Json], seconds: float) -> Seen:
        new = [one for one in self.all() if before.get(one.id) is not one.data]
        return Seen(
            self.trouble,
            {},
            self.modal,
            tuple(one.told() for one in new if one.flags & EPHEMERAL),
            tuple(one.told() for one in new if not one.flags & EPHEMERAL),
            seconds,
        )
