"""The town and the real slack-bolt get along, over HTTP and over Socket Mode."""

import pytest

from tests.fakes.slack import Hand, Town, slack_town
from tests.fakes.slack_bolted import TRANSPORTS, button, field, modal, section, serving

both = pytest.mark.parametrize("transport", TRANSPORTS)


def listeners(app) -> None:
    @app.command("/grievance")
    async def command(ack, body, client):
        await client.views_open(trigger_id=body["trigger_id"], view=modal(field("story")))
        await ack()

    @app.command("/help")
    async def told(ack):
        await ack("Say /grievance")

    @app.command("/late")
    async def late(ack, respond):
        await ack()
        await respond("later")

    @app.shortcut("raise_grievance")
    async def shortcut(ack, body, client):
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal(field("story")))

    @app.view("grievance")
    async def submitted(ack, view):
        story = view["state"]["values"]["story"]["story"]["value"]
        if story == "x":
            await ack(response_action="errors", errors={"story": "Say more."})
        else:
            shown = modal(section(story), {"type": "actions", "elements": [button("edit:d1")]})
            await ack(response_action="update", view=shown | {"callback_id": "preview"})

    @app.view("preview")
    async def sent(ack):
        await ack()

    @app.action("edit:d1")
    async def edit(ack, body, client):
        await ack()
        await client.views_update(view_id=body["view"]["id"], view=modal(field("story")))

    @app.event("app_home_opened")
    async def home(event, client):
        view = {"type": "home", "blocks": [section(f"Hello {event['user']}")]}
        await client.views_publish(user_id=event["user"], view=view)


async def stands(town: Town) -> Hand:
    space = town.workspace("T1")
    ana = space.user("ana")
    hand = town.hand(ana)
    hand.at = space.channel("general", members=[ana])
    return hand


@both
async def test_a_modal_is_opened_corrected_updated_and_sent(transport: str) -> None:
    async with slack_town() as town:
        hand = await stands(town)
        async with serving(town, transport, listeners):
            seen = await hand.command("/grievance")
            assert not seen.trouble
            assert hand.view["callback_id"] == "grievance"
            assert (await hand.submit()).errors == {"story": "Please complete this required field."}
            assert (await hand.submit({"story": "x"})).errors == {"story": "Say more."}
            await hand.submit({"story": "the pager & <me>"})
            assert hand.errors == {}
            assert hand.view["callback_id"] == "preview"
            assert hand.view["blocks"][0]["text"]["text"] == "the pager & <me>"
            await hand.press("edit")
            assert hand.view["callback_id"] == "grievance"
            await hand.submit({"story": "again"})
            await hand.submit()
            assert hand.view is None
            assert town.counted("auth.test") == 0


@both
async def test_a_command_is_answered_at_once_or_later(transport: str) -> None:
    async with slack_town() as town:
        hand = await stands(town)
        async with serving(town, transport, listeners):
            seen = await hand.command("/help")
            assert [one["text"] for one in seen.ephemerals] == ["Say /grievance"]
            seen = await hand.command("/late")
            assert [one["text"] for one in seen.ephemerals] == ["later"]


@both
async def test_a_shortcut_opens_a_modal_and_the_home_is_published(transport: str) -> None:
    async with slack_town() as town:
        hand = await stands(town)
        async with serving(town, transport, listeners):
            await hand.shortcut("raise_grievance")
            assert hand.view["callback_id"] == "grievance"
            await hand.close()
            assert hand.view is None
            home = await hand.home()
            assert home["blocks"][0]["text"]["text"].startswith("Hello U")
