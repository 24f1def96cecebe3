"""The town's Web API, asked by the real slack_sdk: scopes, rooms, pace, triggers, views, files, faults."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.fakes.slack import Channel, Town, User, Workspace, slack_town
from tests.fakes.slack_bolted import client_of, field, modal, section

HOME = {"type": "home", "blocks": [section("Hello")]}


@dataclass
class There:
    town: Town
    space: Workspace
    ana: User
    general: Channel
    web: AsyncWebClient

    async def refused(self, asked: Any) -> dict[str, Any]:
        """What the Web API says no with."""
        with pytest.raises(SlackApiError) as why:
            await asked
        data: dict[str, Any] = why.value.response.data
        return data

    async def error(self, asked: Any) -> str:
        return str((await self.refused(asked))["error"])

    def trigger(self, *, in_modal: bool = False) -> str:
        return self.town.triggers.new(self.ana, in_modal=in_modal)


@pytest.fixture
async def there() -> AsyncIterator[There]:
    async with slack_town() as town, aiohttp.ClientSession() as session:
        space = town.workspace("T1")
        ana = space.user("ana")
        general = space.channel("general", members=[ana])
        yield There(town, space, ana, general, client_of(town, space, session))


# Tokens and scopes --------------------------------------------------------------------------------


async def test_a_token_is_known_or_it_is_not(there: There) -> None:
    told = await there.web.auth_test()
    assert (told["team_id"], told["bot_id"]) == ("T1", there.space.bot_id)
    assert "chat:write" in told.headers["X-OAuth-Scopes"]
    assert await there.error(there.web.auth_test(token="xoxb-wrong")) == "invalid_auth"
    there.town.tokens[there.space.bot_token].revoked = True
    assert await there.error(there.web.auth_test()) == "token_revoked"
    there.space.installed = False
    assert await there.error(there.web.auth_test()) == "account_inactive"
    bare = AsyncWebClient(base_url=there.town.api_url)
    assert await there.error(bare.auth_test()) == "not_authed"
    assert there.town.counted("auth.test") == 5


async def test_what_no_scope_allows_is_refused_and_the_scope_named(there: There) -> None:
    said = await there.refused(there.web.users_info(user=there.ana.id))
    assert said["error"] == "missing_scope"
    assert (said["needed"], said["provided"]) == ("users:read", "commands,chat:write")
    for asked in (
        there.web.conversations_history(channel=there.general.id),
        there.web.conversations_info(channel=there.general.id),
        there.web.conversations_members(channel=there.general.id),
        there.web.conversations_open(users=there.ana.id),
        there.web.files_getUploadURLExternal(filename="a.png", length=3),
    ):
        assert await there.error(asked) == "missing_scope"
    there.space.grant("users:read", "channels:read", "im:write")
    assert (await there.web.users_info(user=there.ana.id))["user"]["name"] == "ana"
    assert (
        there.ana.id in (await there.web.conversations_members(channel=there.general.id))["members"]
    )
    opened = await there.web.conversations_open(users=there.ana.id)
    assert opened["channel"]["id"].startswith("D")
    secret = there.space.channel("secret", private=True)
    assert await there.error(there.web.conversations_info(channel=secret.id)) == "missing_scope"


async def test_an_app_token_opens_sockets_and_a_bot_token_does_not(there: There) -> None:
    opened = await there.web.apps_connections_open(app_token=there.town.app.token)
    assert opened["url"].startswith("ws://127.0.0.1:")
    wrong = there.web.apps_connections_open(app_token=there.space.bot_token)
    assert await there.error(wrong) == "not_allowed_token_type"
    said = there.web.chat_postMessage(channel="C1", text="x", token=there.town.app.token)
    assert await there.error(said) == "not_allowed_token_type"


async def test_what_this_slack_does_not_know_fails_the_test() -> None:
    with pytest.raises(AssertionError, match=r"unknown method reactions\.add"):
        async with slack_town() as town:
            space = town.workspace("T1")
            with pytest.raises(SlackApiError, match="unknown_method"):
                await client_of(town, space).api_call("reactions.add")
    with pytest.raises(AssertionError, match=r"unknown parameters of chat\.postMessage"):
        async with slack_town() as town:
            web = client_of(town, town.workspace("T1"))
            with pytest.raises(SlackApiError, match="invalid_arguments"):
                await web.api_call("chat.postMessage", json={"channel": "C1", "colour": "red"})


# Messages -----------------------------------------------------------------------------------------


async def test_a_message_is_said_changed_and_taken_back(there: There) -> None:
    hand = there.town.hand(there.ana)
    said = await there.web.chat_postMessage(
        channel=there.general.id, text="Hello", blocks=[section("Hi")]
    )
    assert [one["text"] for one in hand.messages(there.general)] == ["Hello"]
    assert said["message"]["blocks"][0]["block_id"]
    await there.web.chat_update(channel=there.general.id, ts=said["ts"], text="Bye")
    assert [one["text"] for one in hand.messages()] == ["Bye"]
    await there.web.chat_delete(channel=there.general.id, ts=said["ts"])
    assert hand.messages() == []
    gone = there.web.chat_update(channel=there.general.id, ts=said["ts"], text="x")
    assert await there.error(gone) == "message_not_found"


async def test_a_message_goes_only_where_the_bot_is(there: There) -> None:
    async def say(channel: str, **more: Any) -> str:
        said = {"channel": channel, "text": "x"} | more
        return await there.error(there.web.api_call("chat.postMessage", json=said))

    assert await say("C0") == "channel_not_found"
    assert await say(there.space.channel("random", with_bot=False).id) == "not_in_channel"
    hidden = there.space.channel("hidden", private=True, with_bot=False)
    assert await say(hidden.id) == "channel_not_found"
    there.general.archived = True
    assert await say(there.general.id) == "is_archived"
    there.general.archived = False
    assert await say(there.general.id, text="") == "no_text"
    assert await say(there.general.id, text="x" * 40_001) == "msg_too_long"
    assert await say(there.general.id, blocks=[section("x" * 3001)]) == "invalid_blocks"
    assert await say(there.general.id, blocks=[section("x" * 2900)] * 5) == "msg_blocks_too_long"
    assert await say(there.general.id, blocks=[section("x")] * 51) == "invalid_blocks"
    assert await say(there.general.id, thread_ts="1.0") == "thread_not_found"
    other = there.town.workspace("T2", name="Beta")
    assert await say(other.channel("general").id) == "channel_not_found"


async def test_a_person_is_written_to_directly_unless_the_app_has_no_such_tab(there: There) -> None:
    await there.web.chat_postMessage(channel=there.ana.id, text="For you")
    assert [one["text"] for one in there.town.hand(there.ana).directs] == ["For you"]
    there.town.app.messages_tab = False
    wrong = there.web.chat_postMessage(channel=there.ana.id, text="x")
    assert await there.error(wrong) == "messages_tab_disabled"


async def test_a_whisper_is_for_one_who_is_in_the_room(there: There) -> None:
    bea = there.space.user("bea")
    to = {"channel": there.general.id, "text": "psst"}
    await there.web.chat_postEphemeral(user=there.ana.id, **to)
    assert [one["text"] for one in there.town.hand(there.ana).ephemerals] == ["psst"]
    assert there.town.hand(bea).ephemerals == []
    assert (
        await there.error(there.web.chat_postEphemeral(user=bea.id, **to)) == "user_not_in_channel"
    )
    assert await there.error(there.web.chat_postEphemeral(user="U0", **to)) == "user_not_found"


async def test_only_mrkdwn_calls_everybody(there: There) -> None:
    call = "<!channel> read this"
    await there.web.chat_postMessage(channel=there.general.id, text="x", blocks=[section(call)])
    assert there.town.called == []
    await there.web.chat_postMessage(
        channel=there.general.id, text="x", blocks=[section(call, "mrkdwn")]
    )
    await there.web.chat_postMessage(channel=there.general.id, text=call)
    assert len(there.town.called) == 2


async def test_about_one_message_a_second_goes_into_a_channel(there: There) -> None:
    for _ in range(there.town.pace.burst):
        await there.web.chat_postMessage(channel=there.general.id, text="x")
    with pytest.raises(SlackApiError, match="ratelimited") as why:
        await there.web.chat_postMessage(channel=there.general.id, text="x")
    assert why.value.response.status_code == 429
    assert why.value.response.headers["Retry-After"] == "1"
    await there.web.chat_postMessage(channel=there.ana.id, text="elsewhere")
    there.town.later(1.5)
    await there.web.chat_postMessage(channel=there.general.id, text="x")


async def test_tiers_are_counted_and_enforced_where_told(there: There) -> None:
    there.town.later(60 - there.town.now() % 60)
    for _ in range(101):
        await there.web.views_publish(user_id=there.ana.id, view=HOME)
    assert there.town.pace.over == {"views.publish": 1}
    there.town.pace.enforced = True
    assert (
        await there.error(there.web.views_publish(user_id=there.ana.id, view=HOME)) == "ratelimited"
    )


# Views --------------------------------------------------------------------------------------------


async def test_a_trigger_is_good_once_for_three_seconds(there: There) -> None:
    view = modal(field("story"))
    trigger = there.trigger()
    await there.web.views_open(trigger_id=trigger, view=view)
    assert (
        await there.error(there.web.views_open(trigger_id=trigger, view=view))
        == "exchanged_trigger_id"
    )
    trigger = there.trigger()
    there.town.later(3.1)
    assert (
        await there.error(there.web.views_open(trigger_id=trigger, view=view))
        == "expired_trigger_id"
    )
    assert (
        await there.error(there.web.views_open(trigger_id="1.2.a", view=view))
        == "invalid_trigger_id"
    )
    elsewhere = there.town.triggers.new(there.town.workspace("T2").user("bea"))
    assert (
        await there.error(there.web.views_open(trigger_id=elsewhere, view=view))
        == "invalid_trigger_id"
    )


async def test_a_bad_view_costs_no_trigger_and_says_what_is_wrong(there: There) -> None:
    trigger = there.trigger()
    bad = modal(field("story"), title={"type": "plain_text", "text": "x" * 25})
    said = await there.refused(there.web.views_open(trigger_id=trigger, view=bad))
    assert said["error"] == "invalid_arguments"
    assert said["response_metadata"]["messages"] == [
        "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"
    ]
    await there.web.views_open(trigger_id=trigger, view=modal(field("story")))
    large = modal(*[section("x" * 2999) for _ in range(90)], submit="")
    assert (
        await there.error(there.web.views_open(trigger_id=there.trigger(), view=large))
        == "view_too_large"
    )


async def test_three_views_are_stacked_and_no_fourth(there: There) -> None:
    hand, view = there.town.hand(there.ana), modal(field("story"))
    outside = there.web.views_push(trigger_id=there.trigger(), view=view)
    assert await there.error(outside) == "invalid_trigger_id"
    first = await there.web.views_open(trigger_id=there.trigger(), view=view)
    for _ in range(2):
        pushed = await there.web.views_push(trigger_id=there.trigger(in_modal=True), view=view)
    assert pushed["view"]["root_view_id"] == first["view"]["id"]
    fourth = there.web.views_push(trigger_id=there.trigger(in_modal=True), view=view)
    assert await there.error(fourth) == "push_limit_reached"
    assert len(hand.stack) == 3
    await hand.close(everything=True)
    assert hand.stack == []


async def test_a_second_modal_is_not_opened_from_within_one() -> None:
    """Slack's maintainers say that it may work by chance (bolt-js 639, 1827; bolt-python 481)."""
    with pytest.raises(AssertionError, match=r"views\.open from within a modal"):
        async with slack_town() as town:
            space = town.workspace("T1")
            trigger = town.triggers.new(space.user("ana"), in_modal=True)
            await client_of(town, space).views_open(trigger_id=trigger, view=modal(field("a")))


async def test_a_view_is_changed_only_as_it_was_seen(there: There) -> None:
    opened = (await there.web.views_open(trigger_id=there.trigger(), view=modal(field("a"))))[
        "view"
    ]
    to = {"view_id": opened["id"], "view": modal(field("b"))}
    changed = (await there.web.views_update(hash=opened["hash"], **to))["view"]
    assert changed["hash"] != opened["hash"]
    assert await there.error(there.web.views_update(hash=opened["hash"], **to)) == "hash_conflict"
    await there.web.views_update(**to)
    await there.town.hand(there.ana).close()
    assert await there.error(there.web.views_update(**to)) == "not_found"


async def test_no_two_views_have_one_external_id(there: There) -> None:
    view = modal(field("a"), external_id="one")
    await there.web.views_open(trigger_id=there.trigger(), view=view)
    bea = there.town.triggers.new(there.space.user("bea"))
    assert (
        await there.error(there.web.views_open(trigger_id=bea, view=view))
        == "duplicate_external_id"
    )
    await there.web.views_update(external_id="one", view=modal(field("b"), external_id="one"))


async def test_a_home_is_published_for_one_person(there: There) -> None:
    told = await there.web.views_publish(user_id=there.ana.id, view=HOME)
    assert there.town.hand(there.ana).home_view["id"] == told["view"]["id"]
    assert there.town.hand(there.space.user("bea")).home_view is None
    assert await there.error(there.web.views_publish(user_id="U0", view=HOME)) == "user_not_found"
    stale = there.web.views_publish(user_id=there.ana.id, view=HOME, hash="0.0")
    assert await there.error(stale) == "hash_conflict"
    form = there.web.views_publish(user_id=there.ana.id, view=modal(field("a")))
    assert await there.error(form) == "invalid_arguments"


# Response URLs and files --------------------------------------------------------------------------


async def test_a_response_url_is_good_five_times_in_half_an_hour(there: There) -> None:
    url = there.town.responses.new(there.ana, there.general)
    hook = AsyncWebhookClient(url)
    for n in range(5):
        assert (await hook.send(text=f"{n}")).status_code == 200
    sixth = await hook.send(text="5")
    assert (sixth.status_code, "used_url" in sixth.body) == (404, True)
    late = AsyncWebhookClient(there.town.responses.new(there.ana, there.general))
    there.town.later(1801)
    assert "expired_url" in (await late.send(text="x")).body
    assert len(there.town.hand(there.ana).ephemerals) == 5
    bad = AsyncWebhookClient(there.town.responses.new(there.ana, there.general))
    assert (await bad.send(blocks=[section("x" * 3001)])).status_code == 400
    assert (await bad.send(text="all", response_type="in_channel")).status_code == 200
    assert [one["text"] for one in there.general.messages] == ["all"]


async def test_a_picture_is_announced_sent_and_shared(there: There) -> None:
    there.space.grant("files:write")
    sent = {"filename": "a.png", "content": b"\x89PNG", "alt_txt": "A chart"}
    told = await there.web.files_upload_v2(channel=there.general.id, title="Chart", **sent)
    (message,) = there.town.hand(there.ana).messages()
    assert message["files"][0] | {"size": 4} == message["files"][0]
    assert message["files"][0]["alt_txt"] == "A chart"
    assert there.town.files[told["file"]["id"]]["bytes"] == b"\x89PNG"
    missing = there.web.files_completeUploadExternal(files=[{"id": "F0", "title": "x"}])
    assert await there.error(missing) == "file_not_found"


# Faults -------------------------------------------------------------------------------------------


async def test_calls_are_refused_broken_cut_and_lost_as_told(there: There) -> None:
    town, say = there.town, {"channel": there.general.id, "text": "x"}
    there.web.retry_handlers.clear()
    town.faults.ratelimit("chat.postMessage", retry_after=30)
    assert await there.error(there.web.chat_postMessage(**say)) == "ratelimited"
    town.faults.error("chat.postMessage", "internal_error")
    assert await there.error(there.web.chat_postMessage(**say)) == "internal_error"
    town.faults.status("*", 503)
    with pytest.raises(SlackApiError):
        await there.web.chat_postMessage(**say)
    town.faults.cut("chat.postMessage")
    with pytest.raises(aiohttp.ClientError):
        await there.web.chat_postMessage(**say)
    assert there.general.messages == []
    town.faults.lost("chat.postMessage")
    with pytest.raises(aiohttp.ClientError):
        await there.web.chat_postMessage(**say)
    assert len(there.general.messages) == 1
    await there.web.chat_postMessage(**say)


async def test_the_sdk_as_it_comes_says_twice_what_was_lost_on_the_way_back(there: There) -> None:
    there.town.faults.lost("chat.postMessage")
    await there.web.chat_postMessage(channel=there.general.id, text="x")
    assert len(there.general.messages) == 2


async def test_the_sdk_waits_as_long_as_it_is_told(there: There) -> None:
    there.web.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))
    there.town.faults.ratelimit("chat.postMessage", retry_after=0)
    await there.web.chat_postMessage(channel=there.general.id, text="x")
    assert [one.status for one in there.town.calls] == [429, 200]


async def test_every_body_is_kept_with_its_kind_and_all_its_words(there: There) -> None:
    await there.web.chat_postMessage(
        channel=there.general.id, text="fallback", blocks=[section("secretword")]
    )
    call, answer = there.town.bodies
    assert (call.kind, call.to, call.team) == ("call chat.postMessage", "town", "T1")
    assert (answer.kind, answer.to) == ("answer chat.postMessage", "bot")
    assert "secretword" in call.words
    assert there.town.calls[0].params["blocks"][0]["text"]["text"] == "secretword"
    packed = client_of(there.town, there.space)
    await packed.api_call(
        "chat.postMessage",
        data={"channel": there.general.id, "text": "x", "blocks": '[{"type": "divider"}]'},
    )
    assert "divider" in there.town.bodies[-2].words
