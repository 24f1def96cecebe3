"""What a persona does: say, press, submit, dismiss. All of it through the one door.

Accounts are the personas' ids; each lives for one request, as on any platform.
"""

import asyncio
from collections import defaultdict
from typing import Any

from adapters.sandbox import render
from adapters.sandbox.people import JOINED, PLATFORM, SPACE, Persona
from adapters.sandbox.town import PREFIX, NotTaken, NotThere, Room, Town, speaker, words
from bot.chat import Caller, Form, Line, Reply, about, with_errors
from bot.dispatch import Door
from bot.domain.grievances.intake import LONGEST_TEXT


class Acts:
    def __init__(self, town: Town, door: Door) -> None:
        self._town, self._door = town, door
        self._busy: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def say(self, persona: Persona, room: Room, text: str) -> None:
        """A message, or a command as typed. Too long a message raises NotTaken."""
        if not text.startswith(PREFIX):
            if not text.strip() or len(text) > LONGEST_TEXT:
                raise NotTaken(f"A message has 1 to {LONGEST_TEXT} characters: please shorten it.")
            return self._town.post(room, persona.name, words(text))
        name, _, behind = text[len(PREFIX) :].strip().partition(" ")
        async with self._busy[persona.id]:
            reply = await self._door.begin(name, caller(persona.id, room), words=behind)
            return self._show(persona, room, reply)

    async def press(self, persona: Persona, message: str, button: str) -> None:
        """A button of a message this persona sees."""
        async with self._busy[persona.id]:
            room, found = self._town.find(persona, message)
            if button not in {one["id"] for one in found.body["buttons"]}:
                raise NotThere("That message has no such button: look at it again.")
            name, subject = about(button)
            reply = await self._door.begin(name, caller(persona.id, room), subject)
            self._show(persona, room, reply, subject)

    async def submit(self, persona: Persona, form: str, given: dict[str, Any]) -> dict[str, str]:
        """The answers to the open dialog; returns the errors, none when they were taken."""
        async with self._busy[persona.id]:  # a second click finds the form closed
            shown, room = self._town.open_form(persona, form)
            answers = render.answers(given)
            who = caller(persona.id, room)
            reply = await self._door.submit(shown.name, who, shown.subject, answers)
            if not reply.taken:
                kept = reply.form or with_errors(shown, answers, _beside(shown, reply))
                self._town.show_form(persona, kept, reply.voice, room)
                return render.errors(speaker(reply.voice), kept)
            self._town.close_form(persona)
            self._show(persona, room, reply, shown.subject)
        return {}

    def dismiss(self, persona: Persona, form: str) -> None:
        self._town.open_form(persona, form)
        self._town.close_form(persona)

    def _show(self, persona: Persona, room: Room, reply: Reply, subject: str = "") -> None:
        if reply.takes_away and subject:
            self._town.take_away(persona, subject)
        for card in reply.cards:
            to = None if reply.public else persona
            self._town.show(room, card, reply.voice, whisper=not reply.public, to=to)
        if reply.form is not None:
            self._town.show_form(persona, reply.form, reply.voice, room)


def _beside(form: Form, reply: Reply) -> dict[str, Line]:
    """A refusal that came without its form, beside the last question of the one that is open."""
    return {form.questions[-1].id: reply.cards[0].lines[0]}


def caller(account: str, room: Room | None = None) -> Caller:
    """Whoever acts: everybody here, the crowd too, has been a member for a long time."""
    if room is None:
        return Caller(PLATFORM, SPACE, account, member_since=JOINED)
    shared = room.id if room.of is None else ""
    since = JOINED if room.place else None
    return Caller(PLATFORM, room.place, account, member_since=since, room=shared, place=room.space)
