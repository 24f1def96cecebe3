"""What people do on Discord, answered: a command, a button, a form that was handed in.

Discord waits three seconds, and only a first answer can be a form. So whatever takes longer is told to
come, and a form that is late, or that follows another form, waits behind a button. Everything is
answered to its person alone, whatever it is.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from adapters.discord import forms, render
from adapters.discord.answers import Answer
from adapters.discord.carried import Pressed, pressed
from adapters.discord.incoming import Incoming, Kind, come
from adapters.discord.kept import Kept, Shelf
from adapters.discord.wire import ACKNOWLEDGED, Refusal, Wire
from bot.chat import Answers, Card, Field, Line, Reply, Tone, Voice, about, line, shown_again
from bot.dispatch import Door
from bot.platforms import Away, Limited
from bot.tasks import Tasks
from bot.texts import spoken

PATIENCE = 1.5  #: seconds that an answer may take before its person is told that it comes


MOST_TAKEN = 1000  #: acts whose ids are known, so that none is done twice


class Unshown(Exception):
    """Discord would not show what we made: by its own number for why."""


class Acts:
    def __init__(
        self,
        door: Door,
        wire: Wire,
        tasks: Tasks,
        shelf: Shelf,
        voice: Voice,
        guilds: tuple[str, ...],
        named: Callable[[str], str],
    ) -> None:
        """``voice``: how somebody is answered before it is known where they are; ``guilds``: the only
        servers that are served, none for all; ``named``: what one is called, by its id."""
        self._door, self._wire, self._tasks, self._shelf = door, wire, tasks, shelf
        self._voice, self._guilds, self._named = voice, guilds, named
        self._commands = {one.name: one for one in door.commands}
        self._taken: deque[str] = deque(maxlen=MOST_TAKEN)

    def take(self, told: Any) -> None:
        """An interaction, as the gateway brings it."""
        one = come(told, self._named)
        if one is None or one.interaction in self._taken:  # after a break it may come twice
            return
        self._tasks.arrives()
        self._taken.append(one.interaction)
        answer = Answer(self._wire, one)
        if self._tasks.full:
            self._tasks.start(self._guarded(partial(self._is_busy, one, answer)), act=False)
        else:
            self._tasks.start(self._takes(one, answer))

    async def _takes(self, one: Incoming, answer: Answer) -> None:
        """Whatever goes wrong, its person is answered, and keeps what they typed."""
        if not await self._guarded(partial(self._answers, one, answer)):
            sorry = partial(self._refuses, one, answer, line("refused.sorry"), tries=True)
            await self._guarded(sorry)

    async def _is_busy(self, one: Incoming, answer: Answer) -> None:
        await self._refuses(one, answer, line("discord.busy"), tries=True)

    async def _answers(self, one: Incoming, answer: Answer) -> None:
        if self._guilds and one.caller.space and one.caller.space not in self._guilds:
            return await self._refuses(one, answer, line("discord.not_here"))
        if one.kind is Kind.SUBMITTED and not forms.of_today(one.shown):
            return await self._of_yesterday(one, answer)
        target = pressed(one.id) if one.kind is Kind.PRESSED else Pressed(one.id)
        kept = self._shelf.find(target.kept) if target.kept else None
        if kept and kept.reply:
            return await self._shows(one, answer, kept.reply, target)
        given = kept.answers if kept else None
        if one.kind is Kind.SUBMITTED:
            given = forms.answers(one.shown)
        reply = await self._within(answer, self._asked(one, target.id, given))
        if not reply.taken and reply.form is None and given is not None:  # what was typed stays
            kept_as = self._shelf.keep(Kept(answers=given), one.caller)
            reply = render.once_more(reply, kept_as, target.id)
        return await self._shows(one, answer, reply, target)

    async def _asked(self, one: Incoming, id: str, given: Answers | None) -> Reply:
        name, subject = about(id)
        if given is not None:
            return await self._door.submit(name, one.caller, subject, given)
        words = one.word if one.kind is Kind.TYPED else None
        return await self._door.begin(name, one.caller, subject, words=words)

    async def _within(self, answer: Answer, work: Any) -> Reply:
        """What the core answers; where that takes long, its person is told that it comes."""
        task: asyncio.Task[Reply] = asyncio.create_task(work)
        try:
            patience = max(0.0, PATIENCE - self._tasks.waited)
            done, _ = await asyncio.wait({task}, timeout=patience)
            if not done:  # whatever becomes of that, what was begun is ended
                with suppress(Away, Limited, Refusal):
                    await answer.later()
            return await task
        finally:
            task.cancel()

    async def _shows(self, one: Incoming, answer: Answer, reply: Reply, target: Pressed) -> None:
        speaker = render.speaker_of(reply.voice)
        if reply.form:
            modal = render.modal(speaker, reply)
            if modal and not answer.begun and one.kind is not Kind.SUBMITTED:
                return await self._checked(partial(answer.modal, modal))
            opens = reply if modal else render.bare(reply)
            name = self._shelf.keep(Kept(reply=opens), one.caller)
            reply = render.to_open(reply, name)

        def again() -> tuple[str, str]:
            """A page is asked for anew: what was shown first may be gone, or be nobody's to read any
            more. Kept is only what nothing shows again without doing anything."""
            id = self._again(reply, target.id)
            if id and not _is_edit(id):
                return "", id
            turned = target.kept if self._shelf.find(target.kept) else ""
            return turned or self._shelf.keep(Kept(reply=reply), one.caller), id

        shown = render.whisper(speaker, reply, again, page=target.page)
        return await self._checked(partial(answer.say, shown))

    async def _checked(self, show: Callable[[], Awaitable[None]]) -> None:
        """What Discord will not show is a bug of ours."""
        try:
            await show()
        except Refusal as no:
            if no.status != 400 or no.code == ACKNOWLEDGED:
                raise
            raise Unshown(str(no.code)) from None

    def _again(self, reply: Reply, id: str) -> str:
        """What shows the same once more; of a preview what edits it, for it is shown again after."""
        ids = (button.id for card in reply.cards for button in card.buttons)
        edit = next((one for one in ids if _is_edit(one)), "")
        return edit or shown_again(self._commands, reply, *about(id))

    async def _of_yesterday(self, one: Incoming, answer: Answer) -> None:
        """A form of another version: what was typed is shown, to be copied."""
        given = forms.answers(one.shown)
        typed = tuple(
            Field(line("discord.typed"), value) for value in _texts(given) if value.strip()
        )
        card = Card(line("refused.title"), (line("discord.old"),), typed, tone=Tone.WARNING)
        reply = Reply((card,), voice=self._voice_of(one))
        await self._shows(one, answer, reply, Pressed(""))

    async def _refuses(
        self, one: Incoming, answer: Answer, why: Line, *, tries: bool = False
    ) -> None:
        """Nothing was done. ``tries``: a button does it again, with what was typed."""
        card = Card(line("refused.title"), (why,), tone=Tone.WARNING)
        reply = Reply((card,), voice=self._voice_of(one))
        if tries:
            target = pressed(one.id) if one.kind is Kind.PRESSED else Pressed(one.id)
            given = forms.answers(one.shown) if one.kind is Kind.SUBMITTED else None
            kept = self._shelf.keep(Kept(answers=given), one.caller) if given else target.kept
            reply = render.once_more(reply, kept, target.id)
        await self._shows(one, answer, reply, Pressed(""))

    def _voice_of(self, one: Incoming) -> Voice:
        language = spoken(one.caller.language) or self._voice.language
        return Voice(language, self._voice.zone)

    async def _guarded(self, do: Callable[[], Awaitable[None]]) -> bool:
        """What Discord will not have, or cannot be told, is nobody's fault here; a bug is noted, and
        whether there was none is told."""
        with suppress(Away, Limited, Refusal):
            return await self._door.guarded(do, Away, Limited, Refusal)
        return True


def _is_edit(id: str) -> bool:
    name, subject = about(id)
    return name == "edit" and bool(subject)


def _texts(given: Mapping[str, Any]) -> list[str]:
    return [one if isinstance(one, str) else ", ".join(one) for one in given.values()]
