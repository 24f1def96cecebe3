"""What people do on Slack, answered: a command, a shortcut, a button, a form that was handed in.

Slack waits three seconds, and whatever opens a modal is good for as long. So a modal opens at once,
or is told to wait, and what it says comes when the core has answered. One modal, never a stack.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

from adapters.slack import forms, render
from adapters.slack.blocks import Json, unescaped, words
from adapters.slack.carried import Kind, OldView
from adapters.slack.incoming import Incoming
from adapters.slack.installations import Installations
from adapters.slack.losing import Losing
from adapters.slack.modals import Modals
from adapters.slack.wire import Refusal, Wire
from bot.chat import Line, Reply, Voice, about, line, shown_again
from bot.dispatch import Door
from bot.domain.errors import CannotSave
from bot.platforms import Away, Limited
from bot.ports import Chance
from bot.tasks import Tasks
from bot.texts import Speaker

PATIENCE = 1.8  #: seconds that a form's answer may take before its person is told to wait
#: Seconds between the looks whether a modal was told to wait. After all of them what told it so was lost
#: on its way: Slack waits three seconds for it.
AFTER = (0.4, 0.4, 0.8, 1.6)

Answer = Callable[[], Awaitable[Reply]]


class Acts:
    def __init__(
        self,
        door: Door,
        wire: Wire,
        installations: Installations,
        losing: Losing,
        tasks: Tasks,
        voice: Voice,
        prefix: str,
        title: str,
        chance: Chance,
    ) -> None:
        """``voice``: how somebody is answered before it is known where they are; ``prefix``: what
        stands before every command; ``title``: of our modals."""
        self._door, self._installations, self._tasks = door, installations, tasks
        self._modals = Modals(wire, installations, losing, self._speaker, title)
        self._prefix, self._title, self._chance = prefix, title, chance
        self._voice, self._voices = voice, dict[str, Voice]()
        self._commands = {one.name: one for one in door.commands}

    def typed(self, name: str, come: Incoming, text: str) -> str:
        """A slash command: what is answered at once, which is nothing unless we are busy. What stood
        behind it is shown to nobody and kept nowhere, unless it is one of the command's own words."""
        if self._tasks.full:
            return self._said(come, line("slack.busy"))
        begin = partial(self._door.begin, name, come.caller, words=text)
        self._tasks.start(self._guarded(self._opens, come, begin, name, ""))
        return ""

    def shortcut(self, name: str, come: Incoming) -> None:
        begin = partial(self._door.begin, name, come.caller)
        if self._tasks.full:
            self._tasks.start(self._guarded(self._says_busy, come), act=False)
        else:
            self._tasks.start(self._guarded(self._opens, come, begin, name, ""))

    def pressed(self, id: str, come: Incoming) -> None:
        """A button: of a modal, which then says what comes of it, or of a message or the App Home."""
        page = 0
        if id.startswith("page:"):
            number, _, id = id.removeprefix("page:").partition(":")
            page = int(number) if number.isdecimal() and len(number) < 5 else 0
        name, subject = about(id)
        begin = partial(self._door.begin, name, come.caller, subject)
        if self._tasks.full:
            self._tasks.start(self._guarded(self._says_busy, come), act=False)
        elif come.in_modal:
            self._tasks.start(self._guarded(self._updates, come, begin, name, subject, page))
        else:
            self._tasks.start(self._guarded(self._opens, come, begin, name, subject))

    async def submitted(self, come: Incoming) -> Json:
        """A modal's submit: what becomes of the modal. What could not be taken stays in it."""
        try:
            kept = come.carried
        except OldView:
            return self._refused(come, line("slack.old"))
        if self._tasks.full:
            return self._refused(come, line("slack.busy"))
        name, subject = about(str(come.view.get("callback_id", "")))
        task = self._tasks.start(self._answered(come, kept.kind, name, subject))
        patience = PATIENCE - self._tasks.waited
        done, _ = await asyncio.wait({task}, timeout=max(0.0, patience))
        if done:
            return self._taken(come, task.result(), name, subject)
        waits = self._chance.bytes(9).hex()
        late = self._guarded(self._comes_late, come, task, name, subject, waits)
        self._tasks.start(late, act=False)
        return _update(self._modals.waiting(come) | {"external_id": waits})

    async def _answered(self, come: Incoming, kind: Kind, name: str, subject: str) -> Reply | Line:
        """A line, where it was not even taken to the door: why."""
        try:
            if await self._installations.of(come.workspace) is None:
                return line("slack.removed")
        except CannotSave as away:
            return line(away.key)
        if kind is Kind.FORM:
            given = forms.answers(come.view.get("state"))
            return await self._door.submit(name, come.caller, subject, given)
        return await self._door.begin(name, come.caller, subject)

    def kept(self, come: Incoming) -> Json:
        """What a modal says after a bug of ours."""
        return self._refused(come, line("slack.again"))

    def _taken(self, come: Incoming, reply: Reply | Line, name: str, subject: str) -> Json:
        if isinstance(reply, Line):
            return self._refused(come, reply)
        if reply.taken:
            return _update(self._view(come, reply, name, subject))
        self._remember(come, reply)
        speaker = self._speaker(come)
        fields, at = forms.fields(come.blocks), forms.beside(come.blocks)
        wrong = forms.errors(speaker, reply.form) if reply.form else {}
        wrong = {field: said for field, said in wrong.items() if field in fields}
        if not wrong and at:
            said = [speaker.say(one) for card in reply.cards for one in card.lines]
            wrong = {at: "\n".join(said) or speaker.say(line("slack.again"))}
        if not wrong:
            return _update(self._view(come, reply, name, subject))
        return {"response_action": "errors", "errors": wrong}

    async def _comes_late(
        self,
        come: Incoming,
        task: asyncio.Task[Reply | Line],
        name: str,
        subject: str,
        waits: str,
    ) -> None:
        """``waits``: what the modal is known by from when it is told to wait. Were it told more before
        that, it would then be told to wait for ever."""

        async def make() -> Json:
            reply = await task
            if isinstance(reply, Line):
                return self._again_with(come, reply)
            if not reply.taken and not reply.form and forms.fields(come.blocks):
                self._remember(come, reply)
                return self._again_with(come, reply.cards[0].lines[0])
            return self._view(come, reply, name, subject)

        await asyncio.sleep(AFTER[0])
        shown, known = await self._made(come, make), {"external_id": waits}
        for pause in AFTER[1:]:
            # With its name in what it shows, what broke off finds it again.
            if await self._modals.changes(come, known, shown | known):
                return
            await asyncio.sleep(pause)
        await self._modals.changes(come, _at(come.view_id), shown)

    async def _opens(self, come: Incoming, begin: Answer, name: str, subject: str) -> None:
        view = await self._modals.opens(come, self._modals.waiting(come))
        if not view:
            return

        async def make() -> Json:
            return self._view(come, await begin(), name, subject)

        await self._modals.changes(come, _at(view), await self._made(come, make))

    async def _updates(
        self, come: Incoming, begin: Answer, name: str, subject: str, page: int
    ) -> None:
        try:
            _ = come.carried
        except OldView:
            await self._modals.changes(
                come, _at(come.view_id), self._modals.sentence(come, line("slack.old"))
            )
            return

        async def make() -> Json:
            return self._view(come, await begin(), name, subject, page)

        # Only while it is what they pressed on: a late answer to an earlier press would else stand in
        # the place of what they did since, a form of its own that could be handed in once more.
        as_pressed = {"hash": come.view["hash"]} if come.view.get("hash") else {}
        await self._modals.changes(
            come, _at(come.view_id) | as_pressed, await self._made(come, make)
        )

    async def _made(self, come: Incoming, make: Callable[[], Awaitable[Json]]) -> Json:
        """What a modal shall say. Where a bug of ours keeps it from being made it says so, and does
        not tell its person to wait for ever."""
        made = [self._modals.sentence(come, line("refused.sorry"))]

        async def do() -> None:
            made.append(await make())

        await self._door.guarded(do, Away, Limited, Refusal)
        return made[-1]

    async def _says_busy(self, come: Incoming) -> None:
        """Where it was asked; at home and by the shortcut, in a modal that says no more than that."""
        why = line("slack.busy")
        if come.in_modal:
            await self._modals.changes(come, _at(come.view_id), self._again_with(come, why))
        elif come.respond:
            await self._modals.tell(come, why)
        else:
            await self._modals.opens(come, self._modals.sentence(come, why))

    def _view(self, come: Incoming, reply: Reply, name: str, subject: str, page: int = 0) -> Json:
        self._remember(come, reply)
        again = shown_again(self._commands, reply, name, subject)
        speaker = Speaker(reply.voice, self._prefix)
        return render.view(
            speaker, reply, self._title, come.room, come.caller.space, page=page, again=again
        )

    def _refused(self, come: Incoming, why: Line) -> Json:
        """Nothing was done, and what was typed is still there."""
        said = self._said(come, why)
        if at := forms.beside(come.blocks):
            return {"response_action": "errors", "errors": {at: said}}
        return _update(self._again_with(come, why))

    def _again_with(self, come: Incoming, why: Line) -> Json:
        """The same modal with all that was typed in it, and a sentence above."""
        kept = ("type", "callback_id", "title", "submit", "close", "private_metadata")
        shown = {key: come.view[key] for key in kept if come.view.get(key)}
        blocks = unescaped(come.blocks)
        before = [one for one in blocks if one.get("block_id") != "refused"]
        before = forms.with_typed(before, unescaped(come.view.get("state")))
        (told,) = words(f"⚠️ {self._said(come, why)}")
        return shown | {"blocks": [told | {"block_id": "refused"}, *before][: render.MOST_BLOCKS]}

    def _said(self, come: Incoming, said: Line) -> str:
        return self._speaker(come).say(said)

    def _speaker(self, come: Incoming) -> Speaker:
        """As the place was last answered."""
        return Speaker(self._voices.get(come.caller.space, self._voice), self._prefix)

    def _remember(self, come: Incoming, reply: Reply) -> None:
        if len(self._voices) >= 10_000:
            self._voices.clear()
        self._voices[come.caller.space] = reply.voice

    async def _guarded(self, do: Callable[..., Awaitable[None]], come: Incoming, *of: Any) -> None:
        """What Slack will not have, or cannot be told, is nobody's fault here, nor is a database that
        is away; a bug is noted."""
        with suppress(Away, Limited, Refusal):
            try:
                nobodys = (Away, Limited, Refusal, CannotSave)
                await self._door.guarded(partial(do, come, *of), *nobodys)
            except CannotSave as away:
                await self._modals.tell(come, line(away.key))


def _at(view: str) -> Json:
    return {"view_id": view}


def _update(view: Json) -> Json:
    return {"response_action": "update", "view": view}
