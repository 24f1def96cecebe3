"""Journey 8 on Slack: somebody floods the bot from a few accounts. Others are served, nothing tells
anyone how many came, and nobody is identified."""

import asyncio
from pathlib import Path

import pytest

from tests.fakes.acts import Acts
from tests.fakes.slack_week import FORM, Person, Town, town_on, words
from tests.journeys.over_slack import MODES, looked
from tests.proofs.scale import scaled

ACCOUNTS, TAKEN = 4, 3  #: so many a day are taken from each
HONEST = 6  #: with the first of each account as many as an hour's slot takes
TRIES = scaled(200, 24)
TOO_MANY = "Three grievances a day can be taken from one account."


async def sends(who: Person, story: str) -> str:
    """A grievance; its receipt, or nothing where it is refused."""
    if TOO_MANY in await who.types("/grievance"):
        await who.hand.close(everything=True)
        return ""
    await who.submits()
    await who.submits(**FORM | {"story": story})
    await who.submits()
    receipt = who.receipt
    await who.hand.close(everything=True)
    return receipt


async def floods(town: Town, tries: int, accounts: int) -> list[str]:
    """So many tries at once, each account one after the other; the receipts of what was taken."""

    async def one(n: int) -> list[str]:
        who = town.person(f"troll-{n}")
        return [await sends(who, f"Rubbish {n}.") for _ in range(tries // accounts)]

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(n)) for n in range(accounts)]
    return [receipt for task in tasks for receipt in task.result() if receipt]


async def day(folder: Path, mode: str, tries: int) -> list[str]:
    """All that staff and a worker read after so many tries, each with those of somebody who means it."""
    async with town_on(folder, mode) as town:
        worker, rep = town.person("worker"), town.person("rep")
        taken = await floods(town, tries, ACCOUNTS)
        assert len(taken) == min(tries, ACCOUNTS * TAKEN)
        (*_, mine) = [await sends(town.person(f"worker-{n}"), "I mean it.") for n in range(HONEST)]
        await town.world.slot()
        mine_now = (await looked(town, mine)).sees
        assert "With the reps" in mine_now
        assert "put off" not in mine_now
        late = ["put off" in (await looked(town, one)).sees for one in taken]
        assert late.count(False) == ACCOUNTS, "of each account the first alone was released"
        await worker.hand.close(everything=True)
        seen = [await worker.types(one) for one in ("/about", "/reps", "/help")]
        seen += [await town.person("organiser").types(one) for one in ("/digest", "/poll")]
        seen += [words(one) for one in (*town.general.messages, *town.reps.messages)]
        cases = await Acts(town.world).say("ines-moreau", "cases")
        opened = [one.name for card in cases.cards for one in card.buttons]
        ids = [user.id.encode() for user in town.space.users.values() if "troll" in user.name]
        files = [one for one in town.world.where.data.rglob("*") if one.is_file()]
        assert not any(id in one.read_bytes() for one in files for id in ids)
        assert not any(
            user in str(town.world.log.lines) for user in ("troll", *map(bytes.decode, ids))
        )
        return [*seen, *rep.heard(), *opened]


@pytest.mark.parametrize("mode", MODES)
async def test_a_town_that_was_flooded_reads_the_same_as_one_that_was_not(
    tmp_path: Path, mode: str
) -> None:
    flooded = await day(tmp_path / "flooded", mode, TRIES)
    assert flooded == await day(tmp_path / "quiet", mode, ACCOUNTS)
