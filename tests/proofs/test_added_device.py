"""An added device: whoever rules over a platform acts with the account of a rep who is a moderator.

Shows: from a device that no keys sign, and from one signed by keys that were made anew, in the
community's place and alone with the bot, every command, begun and sent, with the number of a case,
the id of a change and the token of an offer: each of staff's is refused, each of everybody's shows
what it shows a worker, no word of the case is there, and no row is other than it was.
Does not show: what a host reads who holds the keys that were kept; nor that a person whose keys were
new when the role was offered was they.
Control: in her own hand the same acts open the case; a hand that is not looked at is noticed.
"""

import json
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from itertools import product
from typing import NamedTuple

import pytest

from bot.chat import Caller, Reply
from bot.chat.callers import Caller as Acting
from bot.domain.communities import Role, Staff
from bot.settings import Where
from tests.fakes.acts import STORY, Acts, shown
from tests.fakes.proving import KEYS, MODERATOR, NEW_KEYS, Proving, hand, proving, said
from tests.fakes.world import World, caller

BEA = "@bea:example.org"
DRAWN = re.compile(r"[a-z2-7]{26}|[2-9A-Z]{5}(-[2-9A-Z]{5})+")  #: tokens and codes, new each time
#: What it says to somebody whose hand is not known: why, and how a sole moderator comes back.
SAYS_WHY = {"setup"}
HANDS = {"no keys": "", "new keys": NEW_KEYS}


@pytest.fixture
async def there(where: Where) -> AsyncIterator[Proving]:
    async with proving(where) as made:
        yield made


async def subjects(there: Proving) -> list[str]:
    """What buttons of staff carry: a case's number, a change that waits, an offer to somebody."""
    await Acts(there.world).file("a-worker")
    await there.world.slot()
    form = (await there.begin(caller(MODERATOR), "staff")).form
    assert form is not None
    somebody = {"person": "somebody", "name": "Somebody", "role": "rep"}
    await there.world.bot.door.submit("staff", caller(MODERATOR), form.subject, somebody)
    here = await there.world.bot.communities.meet(caller(MODERATOR))
    with closing(sqlite3.connect(there.world.where.data / "groundswell.db")) as line:
        ((number,),) = line.execute("SELECT number FROM cases").fetchall()
    offer = await there.offer(Role.ORGANISER, "somebody-else", "Else")
    return ["", number, here.pending[0].id, offer]


class Done(NamedTuple):
    """One thing that was done: how, with which command, a word behind it, and about what."""

    how: str
    command: str
    word: str
    subject: str


async def swept(there: Proving, who: Caller, ids: list[str]) -> dict[Done, Reply]:
    """All that can be begun and sent, by what was done."""
    door, found = there.world.bot.door, dict[Done, Reply]()
    for command, id in product(door.commands, ids):
        name = command.name
        found[Done("press", name, "", id)] = await door.begin(name, who, id)
        found[Done("confirm", name, "", id)] = await door.begin("confirm", who, f"{name}:{id}")
        found[Done("submit", name, "", id)] = await door.submit(name, who, id, {})
        for word in command.words:
            found[Done("type", name, word, id)] = await door.begin(name, who, id, words=word)
    return found


def rows(world: World) -> str:
    """All that is kept of the database, but what time alone changes."""
    with closing(sqlite3.connect(world.where.data / "groundswell.db")) as line:
        tables = [
            one for (one,) in line.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        kept = {one: sorted(map(repr, line.execute(f"SELECT * FROM {one}"))) for one in tables}
    return json.dumps(kept)


def is_staffs(there: Proving, done: Done) -> bool:
    """Whether what was done means a command of staff's, by itself or by its word."""
    by_name = {one.name: one for one in there.world.bot.door.commands}
    command = by_name[done.command]
    return by_name[command.words.get(done.word, command.name)].for_staff


@pytest.mark.parametrize("alone", [False, True], ids=["in the place", "alone"])
@pytest.mark.parametrize("proof", HANDS.values(), ids=HANDS.keys())
async def test_an_added_device_is_a_workers_and_no_more(
    there: Proving, proof: str, alone: bool
) -> None:
    ids = await subjects(there)
    bea = hand(proof, BEA, alone=alone)
    if alone:  # both were led to the community: she by its code, the account by itself
        here = await there.world.bot.communities.meet(caller(MODERATOR))
        await there.world.bot.meeting.name(bea, here.community.code)
    before = rows(there.world)
    hers = await swept(there, hand(proof, alone=alone), ids)
    assert rows(there.world) == before
    workers = await swept(there, bea, ids)
    refused = 0
    for done, reply in hers.items():
        assert STORY not in shown(reply), done
        if is_staffs(there, done):
            assert said(reply)[-1] == "refused.key_changed", done
            refused += 1
        elif done.command not in SAYS_WHY or done.word:
            assert DRAWN.sub("-", shown(reply)) == DRAWN.sub("-", shown(workers[done])), done
    assert refused > 600


async def test_control_in_her_own_hand_the_same_acts_open_the_case(there: Proving) -> None:
    found = await swept(there, hand(KEYS), await subjects(there))
    assert any(STORY in shown(reply) for reply in found.values())
    assert "refused.key_changed" not in {one for reply in found.values() for one in said(reply)}


async def test_control_a_hand_that_is_not_looked_at_is_noticed(
    there: Proving, monkeypatch: pytest.MonkeyPatch
) -> None:
    def has(self: Acting, staff: Staff) -> bool:
        return staff.has(self.acts_with)

    monkeypatch.setattr(Acting, "is_hand_of", has)
    with pytest.raises(AssertionError):
        await test_an_added_device_is_a_workers_and_no_more(there, "", False)
