"""After the storm: what of all that was acknowledged is lost, what is there twice, what fell silent.

Asks the databases, the door, and what Slack, Discord and the mail server have heard; changes nothing.
"""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from hashlib import sha256

from adapters.chance import SystemChance
from adapters.discord.post import nonce
from adapters.matrix.sending import txn_of
from bot.wiring import Bot
from tests.fakes.acts import shown
from tests.fakes.deeds import Deeds
from tests.fakes.looking import looking
from tests.fakes.matrix_stormy import Home
from tests.fakes.silence import all_silent
from tests.fakes.stormy import Stormy
from tests.fakes.world import caller

MESSAGE = re.compile(r"Message \d+ of more\.|Answer \d+ at the \d+th attempt\.")
OPEN = "SELECT count(*) FROM outbox WHERE fate IN ('waiting', 'leased')"
LEASED = "SELECT count(*) FROM outbox WHERE fate = 'leased'"
SPEAKS_FOR = 30  #: seconds: the lease of what was left by a broken line ends with the clock alone
CASES = (
    "SELECT (SELECT count(*) FROM waiting WHERE lookup IS NOT NULL) + (SELECT count(*) FROM cases)"
)
WAITING = "SELECT count(*) FROM waiting"
PARCELS = (
    "SELECT put.id, put.platform, put.notice, coalesce(gone.fate, outbox.fate) AS fate "
    "FROM was_put put LEFT JOIN was_gone gone USING (id) LEFT JOIN outbox ON outbox.id = put.id"
)
SETTLES_WITHIN = 250  #: slots: beyond the cap ten cases cross at each


async def settles(one: Stormy, deeds: Deeds) -> None:
    """The weather is calm; time passes until all has crossed and all is said. The bot ends well."""
    one.weather.calm = True
    await one.ready()
    for _ in range(SETTLES_WITHIN):
        await one.move(until="slot")
        await one.move(advance="PT5H")
        deeds.looks_away()
        await _speaks_out(one)
        if not await _left(one, WAITING) and not await _left(one, OPEN):
            break
    else:
        deeds.wrong.append(f"{await _left(one, OPEN)} parcels are left, and never said")
    if code := await one.stop():
        deeds.wrong.append(f"it ended with {code}")


async def _speaks_out(one: Stormy) -> None:
    """What is being said just now is said, or is not."""
    with suppress(TimeoutError):
        async with asyncio.timeout(SPEAKS_FOR):
            while await _left(one, LEASED):
                await asyncio.sleep(0.1)


async def wrong(one: Stormy, deeds: Deeds) -> list[str]:
    """What is lost, doubled or silent; empty where all is well."""
    found = [*deeds.wrong, *one.work.server.wrong, *one.club.server.wrong]
    found += [line for line in one.bugs() if "kind=CannotSave" not in line]  # it was away
    async with one.inside() as bot:
        for receipt in deeds.told:
            found += [line async for line in _of_a_case(bot, deeds, receipt)]
    kept = await _left(one, CASES)
    if not len(deeds.told) <= kept <= len(deeds.tried):
        found.append(f"{kept} cases of {len(deeds.told)} to {len(deeds.tried)}")
    found += await _silent(one)
    if one.home:
        found += [line async for line in _doubled_on_matrix(one, one.home)]
    return [*found, *_doubled(one, deeds), *await _unsaid(one, deeds)]


async def _silent(one: Stormy) -> list[str]:
    """Cases in which somebody waits, and to which the clock comes back too late or never."""
    async with one.inside() as bot, looking(one.direct, SystemChance()) as cases:
        async with cases.open_work() as work:
            (id,) = await work.communities.all()
        community = (await bot.communities.look(id)).community
        return [line async for line in all_silent(cases, community, one.clock().now())]


async def _of_a_case(bot: Bot, deeds: Deeds, receipt: str) -> AsyncIterator[str]:
    story = deeds.told[receipt]
    if len(deeds.receipts[story]) != 1:
        yield f"{len(deeds.receipts[story])} receipts of one story"
    opened = await bot.door.submit("receipt", caller("anyone"), "", {"receipt": receipt})
    view = shown(opened)
    if f"the {story}th night" not in view:
        yield "a receipt opens nothing"
        return
    there = Counter(MESSAGE.findall(view))
    said = [text for of, text in deeds.messages if of == receipt]
    for text in said + [text for of, text in deeds.replies if of == story]:
        if text not in there:
            yield f"lost: {text}"
    for text, many in there.items():
        if many > 1:
            yield f"{many} times: {text}"


def _doubled(one: Stormy, deeds: Deeds) -> Iterator[str]:
    letters = Counter(str(letter["Message-ID"]) for letter in one.mail.letters())
    for where, said in (("Slack", one.heard.slack), ("Discord", deeds.nonces), ("mail", letters)):
        if twice := sum(many > 1 for many in said.values()):
            yield f"{twice} things were said twice by {where}"


async def _doubled_on_matrix(one: Stormy, home: Home) -> AsyncIterator[str]:
    """What is said again is the same there, by its id, unless it goes by another one."""
    parcels = [id for id, platform, *_ in await one.rows(PARCELS) if platform == "matrix"]
    if twice := sum(many > 1 for many in home.all_said().values()):
        yield f"{twice} things were said twice on Matrix"
    if strange := len(home.strange(parcels)):
        yield f"{strange} things on Matrix were said by ids that follow from nothing"


async def _unsaid(one: Stormy, deeds: Deeds) -> list[str]:
    """What neither was said nor stands there as given up. What goes to the sandbox goes on no road."""
    on_slack = {id for id, _ in one.heard.slack}
    by_mail = {str(letter["Message-ID"])[1:].partition("@")[0] for letter in one.mail.letters()}
    on_matrix = one.home.all_said() if one.home else ()
    found = []
    for id, platform, notice, fate in await one.rows(PARCELS):
        heard = {
            "slack": id in on_slack,
            "discord": nonce(id, 0) in deeds.nonces,
            "mail": sha256(f"mail {id}".encode()).hexdigest()[:32] in by_mail,
            "matrix": txn_of(id, 0) in on_matrix,
        }.get(platform, True)
        if not heard and fate != "in doubt":
            found.append(f"{notice} was never said on {platform}, and is {fate}")
        if fate in ("parked", "unreachable"):
            found.append(f"{notice} on {platform} is {fate}")
    return found


async def _left(one: Stormy, query: str) -> int:
    ((count,),) = await one.rows(query)
    return int(count)
