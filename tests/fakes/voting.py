"""Polls as people open, answer and close them, through the door alone; and what opens a ballot.

For proofs that need many answers and know whose each was. Only ``key_of`` looks behind the door.
"""

from adapters.chance import SystemChance
from adapters.vault import FileVault, read_key_files
from bot.chat import Reply
from bot.ports import Key
from bot.settings import Where
from bot.wiring import Bot
from storage.engine import open_engine
from storage.keys import SqlKeys
from tests.fakes.acts import Acts, button
from tests.fakes.lives import ORGANISER
from tests.fakes.world import World, caller

THREE = "Tea\nCoffee\nNeither"


async def opened_poll(
    acts: Acts, kind: str = "single", options: str = THREE, days: int = 2, comment: str = "no"
) -> str:
    """An organiser asks everyone; gives the poll's id."""
    asked = {"question": "What shall it be?", "kind": kind, "options": options}
    form = await acts.say(ORGANISER, "poll", "new")
    preview = await acts.fill(ORGANISER, form, **asked, days=str(days), comment=comment)
    return button(await acts.press(ORGANISER, preview, "confirm"), "results").subject


async def answered(world: World, who: str, poll: str, q1: str, comment: str = "") -> Reply:
    return await answer_of(world.bot, who, poll, q1, comment)


async def answer_of(bot: Bot, who: str, poll: str, q1: str, comment: str = "") -> Reply:
    """Somebody's answer, as the platform hands it over."""
    answers: dict[str, str | list[str]] = {"q1": q1} | ({"comment": comment} if comment else {})
    return await bot.door.submit("pulse", caller(who), poll, answers)


def is_taken(reply: Reply) -> bool:
    return [card.title.key for card in reply.cards] == ["answered.title"]


async def closed_early(world: World, poll: str) -> Reply:
    return await world.bot.door.begin("confirm", caller(ORGANISER), f"close_poll:{poll}")


def vault_of(where: Where) -> FileVault:
    return FileVault(read_key_files(where.keys), SystemChance())


async def key_of(where: Where, poll: str) -> Key:
    """A poll's key, out of the key store while it is there."""
    engine = open_engine(where.key_store)
    try:
        wrapped = await SqlKeys(engine).poll(poll)
    finally:
        await engine.dispose()
    assert wrapped is not None
    return vault_of(where).unwrap(poll, wrapped, "poll_keys")
