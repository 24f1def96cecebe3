"""What has happened before you come: a week of the town, acted through the door like anything else.

Nothing is written behind the bot's back: people say, press and submit, and the clock is moved.
"""

from typing import Any

from adapters.sandbox.acts import Acts
from adapters.sandbox.crowd import Crowd
from adapters.sandbox.time import SandboxTime
from adapters.sandbox.town import Town

PAGER = (
    "The pager goes off most nights of the on-call week, and nobody gets the next morning off. "
    "After such a week I make mistakes. I would like a rest after a night call, written down."
)
QUESTION = "Is a second person on call with you, or are you alone with it?"
OUTCOME = (
    "You said that late pay is not explained. We did ask: the pay run moved to the last working "
    "day, and a date is now posted each month. We could not get the two late months compensated."
)
TAKEN = (
    "Nobody had taken your case in time. That should not have happened. I have it now, and I will "
    "speak with whoever plans these meetings this week."
)
PULSE = {
    "bank": ["work_goes_well", "recommend", "switch_off", "unpaid_hours"],
    "every": "weekly",
    "days": "4",
    "start": "",
    "comment": "yes",
}
POLL = {
    "question": "Which day suits you best for the next open meeting?",
    "kind": "single",
    "options": "Tuesday evening\nWednesday at lunch\nThursday evening\nI cannot come",
    "days": "3",
    "comment": "no",
}


class Story:
    def __init__(self, town: Town, acts: Acts, crowd: Crowd, time: SandboxTime) -> None:
        self._town, self._acts, self._crowd, self._time = town, acts, crowd, time

    async def tell(self) -> None:
        """Act from ``STORY_BEGAN`` ago, where the clock stands."""
        await self._crowd.file_grievances(2)
        await self._file("adaeze-okafor", "on_call", PAGER)
        await self._ask_everyone()
        await self._time.until("slot")
        await self._ask_about("On-call")
        await self._time.until("slot")
        await self._resolve("late payment")
        await self._take_at_last("Hours")
        await self._crowd.file_grievances(1)

    async def _file(self, who: str, category: str, story: str) -> None:
        await self._say(who, "/grievance")
        await self._press(who, "continue")
        answers = {"category": category, "spread": "team", "impact": "4", "story": story}
        await self._submit(who, answers)
        await self._press(who, "send")

    async def _ask_everyone(self) -> None:
        """A pulse, whose first wave is over by now and whose second is open, and a poll."""
        organiser = "ruth-adeyemi"
        await self._say(organiser, "/poll pulse")
        await self._submit(organiser, PULSE)
        await self._say(organiser, "/poll new")
        await self._submit(organiser, POLL)
        await self._press(organiser, "confirm")
        await self._crowd.answer(23)

    async def _ask_about(self, category: str) -> None:
        rep = "ines-moreau"
        await self._open(rep, category)
        await self._press(rep, "acknowledge")
        await self._press(rep, "ask")
        await self._submit(rep, {"text": QUESTION})

    async def _resolve(self, category: str) -> None:
        rep = "karim-benali"
        await self._open(rep, category)
        await self._press(rep, "acknowledge")
        await self._press(rep, "resolve")
        await self._submit(rep, {"outcome": OUTCOME})

    async def _take_at_last(self, category: str) -> None:
        """Two deadlines have gone by, so the case has climbed to the organiser."""
        organiser = "ruth-adeyemi"
        await self._open(organiser, category)
        await self._press(organiser, "acknowledge")
        await self._press(organiser, "reply")
        await self._submit(organiser, {"text": TAKEN})

    async def _open(self, who: str, category: str) -> None:
        """The case of that category in this rep's list: fields and buttons stand in one order."""
        await self._say(who, "/cases")
        persona = self._town.persona(who)
        message = next(self._town.all_messages(persona))
        found = [field["value"] for field in message.body["fields"]]
        at = next(n for n, words in enumerate(found) if category in words)
        await self._acts.press(persona, message.id, message.body["buttons"][at]["id"])

    async def _say(self, who: str, text: str) -> None:
        persona = self._town.persona(who)
        await self._acts.say(persona, self._town.rooms(persona)[0], text)

    async def _press(self, who: str, button: str) -> None:
        """The newest button of that name this persona sees."""
        persona = self._town.persona(who)
        for message in self._town.all_messages(persona):
            for one in message.body["buttons"]:
                if one["id"].partition(":")[0] == button:
                    return await self._acts.press(persona, message.id, one["id"])
        raise LookupError(button)

    async def _submit(self, who: str, answers: dict[str, Any]) -> None:
        persona = self._town.persona(who)
        dialog = self._town.dialog(persona)
        if dialog is None or await self._acts.submit(persona, dialog.form.id, answers):
            raise LookupError(who)
