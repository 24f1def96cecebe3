"""Journey 8: a troll files 200 grievances in a minute from a few accounts. Others are still served,
nothing tells anyone how many came, and nobody is identified.
"""

from datetime import timedelta
from pathlib import Path

from bot.chat import Reply
from tests.fakes.acts import Acts, names, shown
from tests.fakes.world import KeptLog, folders, new_world
from tests.journeys.reading import ON_DUTY, ORGANISER, REP, THIRD, heard, listed, text

TRIES, ACCOUNTS = 200, 4
TOO_MANY = (
    "Three grievances a day can be taken from one account. Please come back tomorrow, or add to a "
    "case you have: /receipt"
)
HERS = "This is of somebody who means it: nobody ever sleeps here."


async def troll(acts: Acts, accounts: int = ACCOUNTS, tries: int = TRIES) -> list[str]:
    """So many tries within a minute; gives the receipts of what was taken."""
    taken = []
    for n in range(tries):
        who = f"troll-account-{n % accounts}"
        acts.world.clock.move(timedelta(seconds=60 / tries))
        label = await acts.say(who, "grievance")
        if "continue" in names(label):
            taken.append(await acts.file(who, story=f"Rubbish number {n}, and rubbish again."))
        else:
            assert text(label) == ["Not done", TOO_MANY]
    return taken


async def serve(acts: Acts, people: int = 6) -> dict[str, str]:
    return {who: await acts.file(who, story=HERS) for who in _people(people)}


def _people(count: int) -> list[str]:
    return [f"worker-{n}" for n in range(count)]


async def test_three_are_taken_from_each_account_and_the_rest_is_refused(acts: Acts) -> None:
    assert len(await troll(acts)) == 3 * ACCOUNTS


async def test_others_are_served_while_it_goes_on_and_come_first_at_the_slot(acts: Acts) -> None:
    flood = await troll(acts, tries=TRIES // 2)
    receipts = await serve(acts)
    flood += await troll(acts, tries=TRIES // 2)
    assert len(flood) == 3 * ACCOUNTS
    await acts.world.slot()
    for who, receipt in receipts.items():
        assert "put off" not in shown(await acts.visit(who, receipt))
    late = ["put off" in shown(await acts.visit("anyone", one)) for one in flood]
    assert late.count(True) == len(flood) - ACCOUNTS, "of each account the first alone was released"
    assert await listed(acts, REP) == len(receipts) + ACCOUNTS


async def test_nothing_tells_anyone_how_many_came(tmp_path: Path) -> None:
    """A town of ten and a town that was flooded look the same to all who work there."""
    quiet = await _seen(tmp_path / "quiet", accounts=4, tries=4)
    flooded = await _seen(tmp_path / "flooded", accounts=40, tries=TRIES)
    assert flooded == quiet


async def _seen(root: Path, accounts: int, tries: int) -> list[object]:
    log = KeptLog()
    async with new_world(folders(root), log=log) as world:
        acts = Acts(world)
        await serve(acts)
        await troll(acts, accounts, tries)
        before = [await acts.say(rep, "cases") for rep in (ON_DUTY, REP, THIRD, ORGANISER)]
        for other in ("reps", "about", "help", "grievance"):
            before.append(await acts.say("worker-asking", other))
        world.clock.at = world.clock.at.replace(hour=8, minute=59, second=0, microsecond=0)
        await world.slot()
        after: list[Reply] = [await acts.say(who, "reps") for who in (ON_DUTY, "worker-asking")]
        lists = [await listed(acts, rep) for rep in (ON_DUTY, REP, THIRD, ORGANISER)]
        posted = sorted((room, text(Reply((card,)))) for room, card in world.post.rooms)
        told = heard(acts)
        return [[shown(one) for one in (*before, *after)], lists, posted, told, log.lines]


async def test_nobody_is_identified_by_it(acts: Acts) -> None:
    await troll(acts)
    await acts.world.slot()
    files = [file for file in acts.world.where.data.parent.rglob("*") if file.is_file()]
    assert not any(b"troll-account" in file.read_bytes() for file in files)
    assert "troll" not in repr(acts.world.log)
    assert "troll-account" not in "".join(shown(one) for one in acts.replies)


async def test_the_day_after_the_troll_may_file_three_again_like_anyone(acts: Acts) -> None:
    await troll(acts)
    await acts.world.live(days=1)
    assert len(await troll(acts)) == 3 * ACCOUNTS
