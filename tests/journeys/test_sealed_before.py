"""What programs sealed before communities had keys of their own goes on as if nothing had changed."""

import re
from datetime import timedelta

from adapters.chance import SystemChance
from adapters.sandbox import people
from bot import opened
from bot.domain.communities import Role
from bot.ports import MAIL
from bot.settings import Where
from bot.wiring import groundswell
from tests.fakes.acts import REPS, STORY, Acts, names, shown
from tests.fakes.agreeing import agreed
from tests.fakes.sealed_before import seal_as_before
from tests.fakes.world import US, KeptLog, KeptPost, World, new_world
from tests.proofs.opening import rows_of

INES, ORGANISER, ADDRESS = REPS[0], "ruth-adeyemi", "post@harbour.example"
CODE = re.compile(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b")


async def before(where: Where) -> World:
    """A world in which a notice and a digest wait, as an older program would have left it."""
    async with new_world(where, mails=True) as world:
        acts = Acts(world)
        when = {"day": "tuesday", "hour": "14", "zone": "UTC", "language": "en"}
        form = await acts.press(ORGANISER, await acts.say(ORGANISER, "digest"), "set")
        await acts.fill(ORGANISER, form, **when, addresses=ADDRESS)
        await agreed(world)
        await world.live(hours=24)  # to the morning of a slot
        for kept in (world.post.people, world.post.digests, world.post.ids):
            kept.clear()
        settings = await acts.say(ORGANISER, "digest")
        await acts.press(ORGANISER, settings, "test")  # a letter that waits
        await acts.file("worker", "send_urgent")  # a notice that waits
    await seal_as_before(where)
    return world


async def test_staff_are_known_and_told_once_at_the_accounts_they_had(where: Where) -> None:
    old = await before(where)
    assert {row["sealed"][:1] for row in (await rows_of(where.database))["accounts"]} == {b"\x01"}
    clock, chance, log, post = old.clock, SystemChance(), KeptLog(), KeptPost()
    posts = {people.PLATFORM: post, MAIL: post}
    async with groundswell(where, US, posts, clock, chance, log, room_delay=timedelta(0)) as bot:
        world = World(bot, where, clock, chance, log, post)
        acts = Acts(world)
        await bot.tick()
        assert sorted(to for to, _ in post.people) == [INES, ADDRESS]
        assert {to for to, _ in post.digests} == {"organisers"}
        assert len(post.ids) == 3, "the notice, and the digest in its room and by e-mail"
        assert STORY in shown(await acts.desk(INES))

        # Another role keeps the account once more, under today's mark: it is one account still.
        await acts.press(INES, await acts.offered(INES, "Ines Moreau", Role.ORGANISER), "accept")
        assert "unbind" not in names(await acts.say(INES, "duty"))
        post.people.clear()
        await acts.file("another")
        await world.slot()
        assert [who for who, _ in post.people] == [INES]

        # Of two accounts the one that is kept, by whichever mark, stays theirs.
        code = CODE.findall(shown(await acts.say("ines-elsewhere", "setup", "link")))[0]
        await acts.fill(
            INES, await acts.press(INES, await acts.say(INES, "duty"), "bind"), code=code
        )
        await acts.press(INES, await acts.say(INES, "duty"), "unbind")
        assert STORY in shown(await acts.desk(INES))
        verdicts = await opened.chains(where)
    assert [verdict.broken for _, verdict in verdicts] == [None]
    assert [facts for event, facts in log.lines if event.value in ("bug", "warned")] == []
