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
from adapters.slack.wire import DEAD, ENDED, Away, Limited, Refusal, Wire
from bot.chat import About, Line, Reply, Voice, about, line
from bot.dispatch import Door
from bot.domain.errors import CannotSave
from bot.tasks import Tasks
from bot.texts import Speaker

PATIENCE = 1.8  #: seconds that a form's answer may take before its person is told to wait
AFTER = 0.4  #: seconds until the modal that was told to wait is surely there
#: Slack's words for a trigger that was used, or came too late.
LATE = frozenset(
    {"expired_trigger_id", "trigger_expired", "exchanged_trigger_id", "trigger_exchanged"}
    | {"invalid_trigger_id", "invalid_trigger"}
)
#: And for a modal that was closed meanwhile.
CLOSED = frozenset({"not_found", "view_not_found", "hash_conflict"})


class Unshown(Exception):
    """Slack would not show what we made: by its own word for why."""


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
    ) -> None:
        """``voice``: how somebody is answered before it is known where they are; ``prefix``: what
        stands before every command; ``title``: of our modals."""
        self._door, self._wire, self._installations = door, wire, installations
        self._losing, self._tasks, self._prefix, self._title = losing, tasks, prefix, title
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
        if not self._tasks.full:  # else there is nowhere to say so
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
        late = self._guarded(self._comes_late, come, task, name, subject)
        self._tasks.start(late, act=False)
        return _update(render.waiting(self._speaker(come), self._title))

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
        fields, at = _fields(come), _where(come)
        wrong = forms.errors(speaker, reply.form) if reply.form else {}
        wrong = {field: said for field, said in wrong.items() if field in fields}
        if not wrong and at:
            said = [speaker.say(one) for card in reply.cards for one in card.lines]
            wrong = {at: "\n".join(said) or speaker.say(line("slack.again"))}
        if not wrong:
            return _update(self._view(come, reply, name, subject))
        return {"response_action": "errors", "errors": wrong}

    async def _comes_late(
        self, come: Incoming, task: asyncio.Task[Reply | Line], name: str, subject: str
    ) -> None:
        """The modal was told to wait; it must be seen to do so before it is told more."""
        await asyncio.sleep(AFTER)

        async def make() -> Json:
            reply = await task
            if isinstance(reply, Line):
                return self._again_with(come, reply)
            if not reply.taken and not reply.form and _fields(come):
                self._remember(come, reply)
                return self._again_with(come, reply.cards[0].lines[0])
            return self._view(come, reply, name, subject)

        await self._show(come, come.view_id, await self._made(come, make))

    async def _opens(self, come: Incoming, begin: Answer, name: str, subject: str) -> None:
        found = await self._installations.of(come.workspace)
        if found is None:
            return await self._tell(come, line("slack.removed"))
        try:
            opened = await self._wire.call(
                found.token,
                "views.open",
                {
                    "trigger_id": come.trigger,
                    "view": render.waiting(self._speaker(come), self._title),
                },
                waits=False,
            )
        except (Refusal, Limited) as no:
            if isinstance(no, Limited) or no.code in LATE:
                return await self._tell(come, line("slack.late"))
            if no.code not in DEAD:
                raise
            why = "slack.removed" if no.code in ENDED else "refused.sorry"
            await self._tell(come, line(why))
            return await self._losing.refused(found, no.code)
        view = str(opened.get("view", {}).get("id", ""))

        async def make() -> Json:
            return self._view(come, await begin(), name, subject)

        return await self._show(come, view, await self._made(come, make))

    async def _updates(
        self, come: Incoming, begin: Answer, name: str, subject: str, page: int
    ) -> None:
        try:
            _ = come.carried
        except OldView:
            return await self._show(come, come.view_id, self._sentence(come, line("slack.old")))

        async def make() -> Json:
            return self._view(come, await begin(), name, subject, page)

        return await self._show(come, come.view_id, await self._made(come, make))

    async def _made(self, come: Incoming, make: Callable[[], Awaitable[Json]]) -> Json:
        """What a modal shall say. Where a bug of ours keeps it from being made it says so, and does
        not tell its person to wait for ever."""
        made = [self._sentence(come, line("refused.sorry"))]

        async def do() -> None:
            made.append(await make())

        await self._door.guarded(do, Away, Limited, Refusal)
        return made[-1]

    async def _show(self, come: Incoming, view: str, shown: Json) -> None:
        """Whoever closed their modal is not written to. What broke off is done once more: it is the
        same modal. What Slack will not show is a bug of ours, and they are told so."""
        values, token = {"view_id": view, "view": shown}, await self._token(come)
        try:
            try:
                await self._wire.call(token, "views.update", values)
            except Away:
                await self._wire.call(token, "views.update", values)
        except Refusal as no:
            if no.code in CLOSED:
                return
            sorry = self._sentence(come, line("refused.sorry"))
            await self._wire.call(token, "views.update", values | {"view": sorry})
            raise Unshown(no.code) from None

    async def _says_busy(self, come: Incoming) -> None:
        why = line("slack.busy")
        if come.in_modal:
            await self._show(come, come.view_id, self._again_with(come, why))
        else:
            await self._tell(come, why)

    async def _tell(self, come: Incoming, why: Line) -> None:
        """Where no modal can be opened, and where it was asked in a room; nowhere else."""
        if come.respond:
            said = {"response_type": "ephemeral", "replace_original": False}
            await self._wire.put(come.respond, said | {"text": self._said(come, why)})

    async def _token(self, come: Incoming) -> str:
        found = await self._installations.of(come.workspace)
        if found is None:
            raise Refusal("not_installed")
        return found.token

    def _view(self, come: Incoming, reply: Reply, name: str, subject: str, page: int = 0) -> Json:
        self._remember(come, reply)
        again = self._again(reply, name, subject)
        speaker = Speaker(reply.voice, self._prefix)
        return render.view(
            speaker, reply, self._title, come.room, come.caller.space, page=page, again=again
        )

    def _again(self, reply: Reply, name: str, subject: str) -> str:
        """What shows the same once more without doing anything."""
        for one in (button for card in reply.cards for button in card.buttons):
            command = self._commands.get(one.name)
            if command and command.about is About.VISIT and one.subject:
                return f"look:{one.subject}"
            if command and command.about is About.CASE and one.subject and name != "cases":
                return f"open:{one.subject}"
        command = self._commands.get(name)
        return name if command and command.typed and not subject else ""

    def _refused(self, come: Incoming, why: Line) -> Json:
        """Nothing was done, and what was typed is still there."""
        said = self._said(come, why)
        if at := _where(come):
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

    def _sentence(self, come: Incoming, said: Line) -> Json:
        return render.sentence(self._speaker(come), said, self._title)

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
                await self._tell(come, line(away.key))


def _update(view: Json) -> Json:
    return {"response_action": "update", "view": view}


def _fields(come: Incoming) -> dict[str, str]:
    """The fields of a modal: what each is, by its id."""
    return {
        str(one.get("block_id")): str(one["element"].get("type"))
        for one in come.blocks
        if one.get("type") == "input" and isinstance(one.get("element"), dict)
    }


def _where(come: Incoming) -> str:
    """Beside which field something is said of a whole form: where its person wrote, else the last."""
    fields = _fields(come)
    wrote = [field for field, kind in fields.items() if kind == "plain_text_input"]
    return next(iter([*wrote, *reversed(fields)]), "")
