"""People of the sandbox act: they say, press and submit, as a visitor of the page does.

Each act goes through ``acts``; nothing is written behind the bot's back, and what a person does not
see they cannot press.
"""

import re
from typing import Any

from adapters.sandbox.acts import Acts
from adapters.sandbox.town import Message, NotThere, Town
from bot.chat import about

#: The only text of that shape that is ever shown.
RECEIPT = re.compile(r"[0-9A-HJKMNP-TV-Z]{7}(?:-[0-9A-HJKMNP-TV-Z]{7}){2}")


class Hands:
    """``who`` is always a persona's id."""

    def __init__(self, town: Town, acts: Acts) -> None:
        self._town, self._acts = town, acts

    async def say(self, who: str, text: str) -> None:
        """Say or type something in the first room."""
        persona = self._town.persona(who)
        await self._acts.say(persona, self._town.rooms(persona)[0], text)

    async def press(self, who: str, button: str) -> None:
        """The newest button of that name that this persona sees."""
        persona = self._town.persona(who)
        for message in self._town.all_messages(persona):
            for one in message.body["buttons"]:
                if about(one["id"])[0] == button:
                    return await self._acts.press(persona, message.id, one["id"])
        raise NotThere(f"{who} sees no button {button}")

    async def submit(self, who: str, **answers: Any) -> None:
        """Fill in the form that is open."""
        persona = self._town.persona(who)
        dialog = self._town.dialog(persona)
        if dialog is None:
            raise NotThere(f"no form is open before {who}")
        if wrong := await self._acts.submit(persona, dialog.form.id, answers):
            raise NotThere(f"the form {dialog.form.id} was not taken: {wrong}")

    async def file(self, who: str, send: str = "send", **answers: str) -> str:
        """File a grievance, note its receipt down, and let the bot take it off the screen."""
        await self.say(who, "/grievance")
        await self.press(who, "continue")
        await self.submit(who, **answers)
        await self.press(who, send)
        receipt = RECEIPT.search(str(self._newest(who).body["fields"]))
        if receipt is None:
            raise NotThere(f"{who} was shown no receipt")
        await self.press(who, "saved")
        return receipt[0]

    async def visit(self, who: str, receipt: str) -> None:
        """Look at a case with its receipt."""
        await self.say(who, "/receipt")
        await self.submit(who, receipt=receipt)

    async def open(self, who: str, subject: str) -> None:
        """The first case about that in this person's list, where what is due first stands first."""
        await self.say(who, "/cases")
        message = self._newest(who)
        listed = zip(message.body["fields"], message.body["buttons"], strict=False)
        for field, button in listed:
            if field["value"].startswith(subject):
                return await self._acts.press(self._town.persona(who), message.id, button["id"])
        raise NotThere(f"{who} has no case about {subject}")

    async def answer(self, who: str, subject: str, act: str, words: str) -> None:
        """Open a case and say something to its reporter: ``reply``, ``ask`` or ``resolve``."""
        await self.open(who, subject)
        await self.press(who, act)
        await self.submit(who, **{"outcome" if act == "resolve" else "text": words})

    def about(self, who: str, button: str, words: str) -> str:
        """What the button of the newest card with those words is about, as this persona sees it."""
        for message in self._town.all_messages(self._town.persona(who)):
            for one in message.body["buttons"]:
                if about(one["id"])[0] == button and words in message.body["text"]:
                    return about(one["id"])[1]
        raise NotThere(f"{who} sees no card with {words}")

    def _newest(self, who: str) -> Message:
        return next(self._town.all_messages(self._town.persona(who)))
