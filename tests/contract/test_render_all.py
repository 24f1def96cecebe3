"""All that anyone is shown in a whole life of cases and polls is taken by Slack and by Discord."""

from bot.texts import Speaker
from tests.contract import test_render_discord as discord
from tests.contract import test_render_slack as slack
from tests.fakes.acts import Acts
from tests.fakes.lives import asked_life, whole_life
from tests.fakes.world import World


async def test_all_that_anyone_was_shown_is_taken(world: World) -> None:
    acts = Acts(world)
    workers = [f"worker-number-{n}" for n in range(12)]
    await whole_life(acts, workers)
    await asked_life(acts, workers)
    for reply in acts.replies:
        slack.view(reply, Speaker(reply.voice, "/"))
        discord.shown_whole(reply)
    cards = {repr(card): card for _, _, card in (*world.post.heard, *world.post.weekly)}
    for card in cards.values():
        slack.posted(card)
        discord.posted(card)
    assert len(acts.replies) > 100
    assert len(cards) > 10
