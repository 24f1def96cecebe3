"""The crowd: workers who are not personas and act through the same door, with varied words."""

from itertools import cycle, islice

from adapters.sandbox.acts import caller
from bot.chat import Button, Reply
from bot.dispatch import Door
from bot.domain.grievances.intake import Impact, Spread
from bot.ports import Chance

MOST = 500  #: so that an answer comes within its half minute

#: (category, what happened)
STORIES = (
    (
        "late_payment",
        "My pay has been late three months in a row, and nobody says why or until when.",
    ),
    (
        "hours",
        "Planning meetings run into the evening, so whoever has children is left out of them.",
    ),
    ("on_call", "The pager goes off most nights of my week, and nobody gets the next morning off."),
    (
        "surveillance",
        "We were told that screens are recorded now. Nobody asked us or says for what.",
    ),
    ("pay", "People who did the same work for less time are paid more, and asking is frowned on."),
    ("ethics", "The release was pushed through although the team said that it harms its users."),
)


class Crowd:
    def __init__(self, door: Door, chance: Chance) -> None:
        self._door, self._chance = door, chance

    async def file_grievances(self, count: int) -> tuple[int, int]:
        """That many workers file a grievance each; returns (done, refused)."""
        done = 0
        varied = zip(cycle(STORIES), cycle(Spread), cycle(Impact), strict=False)
        for (category, story), spread, impact in islice(varied, count):
            answers = {
                "category": category,
                "spread": spread.value,
                "impact": impact.value,
                "story": story,
            }
            done += await self._file(answers)
        return done, count - done

    async def _file(self, answers: dict[str, str]) -> bool:
        someone = caller(f"crowd-{self._chance.bytes(8).hex()}")
        await self._door.begin("grievance", someone)
        form = (await self._door.begin("continue", someone)).form
        if form is None:
            return False
        preview = await self._door.submit(form.name, someone, form.subject, answers)
        send = _button(preview, "send")
        receipt = await self._door.begin("send", someone, send.subject) if send else Reply()
        saved = _button(receipt, "saved")
        if saved is not None:
            await self._door.begin("saved", someone, saved.subject)
        return saved is not None


def _button(reply: Reply, name: str) -> Button | None:
    buttons = (button for card in reply.cards for button in card.buttons)
    return next((button for button in buttons if button.name == name), None)
