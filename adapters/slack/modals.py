"""A modal on somebody's screen: opened, changed, and where neither can be, a sentence where they asked.

What breaks off is done once more where that is safe. Knows nothing of what a modal says.
"""

from collections.abc import Callable

from adapters.slack import render
from adapters.slack.blocks import Json
from adapters.slack.incoming import Incoming
from adapters.slack.installations import Installations
from adapters.slack.losing import Losing
from adapters.slack.wire import DEAD, ENDED, Refusal, Wire
from bot.chat import Line, line
from bot.platforms import Away, Limited
from bot.texts import Speaker

#: Slack's words for a trigger that was used, or came too late.
LATE = frozenset(
    {"expired_trigger_id", "trigger_expired", "exchanged_trigger_id", "trigger_exchanged"}
    | {"invalid_trigger_id", "invalid_trigger"}
)
#: And for a modal that was closed meanwhile, is not there yet, or shows something newer.
GONE = frozenset({"not_found", "view_not_found", "hash_conflict"})


class Unshown(Exception):
    """Slack would not show what we made: by its own word for why."""


class Modals:
    def __init__(
        self,
        wire: Wire,
        installations: Installations,
        losing: Losing,
        speaker: Callable[[Incoming], Speaker],
        title: str,
    ) -> None:
        """``speaker``: how somebody is answered; ``title``: of all our modals."""
        self._wire, self._installations, self._losing = wire, installations, losing
        self._speaker, self._title = speaker, title

    def waiting(self, come: Incoming) -> Json:
        return render.waiting(self._speaker(come), self._title)

    def sentence(self, come: Incoming, said: Line) -> Json:
        return render.sentence(self._speaker(come), said, self._title)

    async def opens(self, come: Incoming, shown: Json) -> str:
        """The id of a first modal; empty where none can be opened, which is told. Raises Away, Refusal."""
        found = await self._installations.of(come.workspace)
        if found is None:
            await self.tell(come, line("slack.removed"))
            return ""
        values = {"trigger_id": come.trigger, "view": shown}
        try:
            opened = await self._wire.call(found.token, "views.open", values, waits=False)
        except (Refusal, Limited) as no:
            if isinstance(no, Limited) or no.code in LATE:
                await self.tell(come, line("slack.late"))
                return ""
            if no.code not in DEAD:
                raise
            why = "slack.removed" if no.code in ENDED else "refused.sorry"
            await self.tell(come, line(why))
            await self._losing.refused(found, no.code)
            return ""
        return str(opened.get("view", {}).get("id", ""))

    async def changes(self, come: Incoming, at: Json, shown: Json) -> bool:
        """Whether there is such a modal. Whoever closed theirs is not written to. What broke off is done
        once more: it is the same modal. What Slack will not show is a bug of ours, and they are told
        so. ``at``: a view by one of its ids."""
        values, token = {**at, "view": shown}, await self._token(come)
        try:
            try:
                await self._wire.call(token, "views.update", values)
            except Away:
                await self._wire.call(token, "views.update", values)
        except Refusal as no:
            if no.code in GONE:
                return False
            sorry = self.sentence(come, line("refused.sorry"))
            await self._wire.call(token, "views.update", values | {"view": sorry})
            raise Unshown(no.code) from None
        return True

    async def tell(self, come: Incoming, why: Line) -> None:
        """Where no modal can be opened, and where it was asked in a room; nowhere else."""
        if come.respond:
            said = {"response_type": "ephemeral", "replace_original": False}
            told = said | {"text": self._speaker(come).say(why)}
            await self._wire.put(come.respond, told)

    async def _token(self, come: Incoming) -> str:
        found = await self._installations.of(come.workspace)
        if found is None:
            raise Refusal("not_installed")
        return found.token
