"""A case of somebody in a place that an employer may read: they are at work there, and whoever answers
them is elsewhere.

Nothing here looks at what leaves for that place: each platform's own test does.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.fakes.acts import STORY, Acts, shown
from tests.fakes.world import World

ASKED, ANSWERED, OUTCOME = "How often is that, roughly?", "Every night but one.", "Two more people."
WORDS = (STORY, ASKED, ANSWERED, OUTCOME)
REP = "ines-moreau"


async def answered_elsewhere(world: World, looked: Callable[[], Awaitable[Any]]) -> set[str]:
    """From the case's slot to its outcome; the numbers that staff speak of. ``looked``: the worker, who
    gave the receipt just now, at work."""
    acts = Acts(world)
    cases = await acts.say(REP, "cases")
    numbers = {b.subject for card in cases.cards for b in card.buttons if b.name == "open"}
    opened = await acts.press(REP, cases, "open")
    assert STORY in shown(opened)
    await acts.press(REP, opened, "acknowledge")
    await acts.fill(REP, await acts.press(REP, opened, "ask"), text=ASKED)
    await world.slot()
    worker = await looked()
    assert ASKED in worker.sees
    await worker.presses("message")
    await worker.submits(text=ANSWERED)
    await world.slot()
    opened = await acts.press(REP, await acts.say(REP, "cases"), "open")
    assert ANSWERED in shown(opened)
    await acts.fill(REP, await acts.press(REP, opened, "resolve"), outcome=OUTCOME)
    await world.live(days=7)
    worker = await looked()
    assert "Resolved" in worker.sees
    assert OUTCOME in worker.sees
    return numbers
