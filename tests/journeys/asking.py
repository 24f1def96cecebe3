"""How a test asks a town something: polls opened, answered and closed, in one space or in three.

The harbour is where everybody types unless told otherwise; it is neutral. The office belongs to an
employer. The hall belongs to the workers.
"""

from dataclasses import replace
from datetime import timedelta

from adapters.sandbox import people
from bot.chat import Caller, Card, Reply
from bot.domain.communities import Community, RoomKind, Space, Trust
from tests.fakes.acts import Acts, names
from tests.fakes.world import World
from tests.journeys.reading import ORGANISER, fields, text

KEPT = "Your answer is kept"
QUESTION = "Shall we ask for rest days?"
PLACES = ("harbour-town", "office-town", "hall-town")
ROOMS = ("general", "office-general", "hall-general")  #: where each place reads along
PULSE = {"bank": ["stay"], "every": "weekly", "days": "3", "start": "", "comment": "no"}


def in_three_places(seeded: Community) -> Community:
    (harbour,) = seeded.spaces
    return replace(seeded, spaces=(harbour, place(1, Trust.EMPLOYER_OWNED), place(2)))


def place(number: int, trust: Trust = Trust.WORKER_OWNED) -> Space:
    """One of ``PLACES``, with its rooms."""
    address = PLACES[number]
    rooms = {RoomKind.BULLETIN: ROOMS[number], RoomKind.STAFF: f"{address}-reps"}
    return Space(str(number) * 32, people.PLATFORM, address, address.title(), trust, rooms)


def at(where: str, who: str) -> Caller:
    return Caller(people.PLATFORM, where, who, member_since=people.JOINED)


async def previewed(acts: Acts, kind: str = "yes_no", options: str = "", **changes: str) -> Reply:
    """A poll as far as its preview."""
    asked = {"question": QUESTION, "kind": kind, "options": options, "days": "7", "comment": "no"}
    form = await acts.say(ORGANISER, "poll", "new")
    return await acts.fill(ORGANISER, form, **(asked | changes))


async def opened(acts: Acts, kind: str = "yes_no", options: str = "", **changes: str) -> Reply:
    """A poll that is open, and everyone was told; gives what the organiser then sees."""
    preview = await previewed(acts, kind, options, **changes)
    reply = await acts.press(ORGANISER, preview, "confirm")
    await acts.world.bot.tick()
    return reply


async def planned(acts: Acts, **changes: str | list[str]) -> Reply:
    """A pulse whose first wave opened at once, and everyone was told."""
    form = await acts.say(ORGANISER, "poll", "pulse")
    reply = await acts.fill(ORGANISER, form, **(PULSE | changes))
    await acts.world.bot.tick()
    return reply


async def answers(acts: Acts, who: str, **given: str | list[str]) -> Reply:
    """Somebody answers the one thing that is open."""
    return await acts.fill(who, await acts.say(who, "pulse"), **given)


async def many(acts: Acts, given: list[str], **more: str) -> None:
    """As many workers as there are answers to ``q1``."""
    for number, one in enumerate(given):
        reply = await answers(acts, f"worker-{number}", q1=one, **more)
        assert text(reply)[0] == KEPT, (text(reply), reply.form)


async def closed(acts: Acts, days: int = 8) -> Reply:
    """Time goes by, it closes; gives the results as the harbour's bulletin room has them."""
    await acts.world.live(days=days)
    return results(acts)[-1]


def posted(world: World, room: str = "general") -> list[Reply]:
    """The cards in a bulletin room that are about polls, oldest first."""
    return [Reply((card,)) for to, card in world.post.rooms if to == room and _about_polls(card)]


def results(acts: Acts, room: str = "general") -> list[Reply]:
    return [one for one in posted(acts.world, room) if _is_result(one.cards[0])]


def first_line(reply: Reply) -> list[str]:
    """What is shown of the poll's only question, line by line."""
    return fields(reply)[next(iter(fields(reply)))].split("\n")


async def export(acts: Acts) -> list[str]:
    """The newest closed poll as a table."""
    listed = await acts.say(ORGANISER, "poll", "export")
    reply = await acts.press(ORGANISER, listed, "export_results")
    return first_line(reply)


async def is_open(acts: Acts, who: str = "someone") -> bool:
    reply = await acts.say(who, "pulse")
    return reply.form is not None or "answer" in names(reply)


def _about_polls(card: Card) -> bool:
    return _is_result(card) or card.title.key in ("poll.title", "pulse.wave")


def _is_result(card: Card) -> bool:
    return card.title.key in ("results.title", "results.wave")


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
