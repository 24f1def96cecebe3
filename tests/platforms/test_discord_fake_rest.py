"""The REST API of our Discord, with bare calls: who may do what where, how often, and what comes back."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.fakes.discord import Channel, Guild, Town, discord_town, messages, permissions
from tests.fakes.discord_botted import Bare, bare

Json = dict[str, Any]
V2 = 1 << 15
PNG = b"\x89PNG a picture"


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    async with discord_town() as made:
        yield made


@pytest.fixture
async def client(town: Town) -> AsyncIterator[Bare]:
    async with bare(town) as made:
        yield made


@pytest.fixture
def guild(town: Town) -> Guild:
    made = town.guild("Acme")
    made.joins(town.user("ada"))
    return made


@pytest.fixture
def room(guild: Guild) -> Channel:
    return guild.channel("general")


def to(room: Channel, more: str = "") -> str:
    return f"/channels/{room.id}/messages{more}"


def words(content: str) -> Json:
    return {"flags": V2, "components": [{"type": 10, "content": content}]}


async def refused(client: Bare, method: str, path: str, body: Any = None) -> tuple[int, int]:
    """(status, code)."""
    status, said = await client.call(method, path, body)
    assert status >= 400, said
    return status, said["code"]


# Who --------------------------------------------------------------------------------------------


async def test_without_the_token_there_is_nothing(town: Town, client: Bare) -> None:
    status, said = await client.call("GET", "/users/@me", token="of another")
    assert (status, said) == (401, {"message": "401: Unauthorized", "code": 0})
    assert town.unauthorised == 1
    status, me = await client.call("GET", "/users/@me")
    assert (status, me["id"], me["bot"]) == (200, town.app_id, True)


async def test_the_content_type_is_that_and_nothing_more(client: Bare) -> None:
    await client.call("GET", "/gateway")
    assert client.headers["Content-Type"] == "application/json"


async def test_ids_are_strings(town: Town, client: Bare, guild: Guild, room: Channel) -> None:
    _, said = await client.call("GET", f"/guilds/{guild.id}/channels")
    assert said[0]["id"] == room.id
    assert isinstance(room.id, str)
    for path in ("/oauth2/applications/@me", "/applications/@me"):
        assert (await client.call("GET", path))[1]["id"] == town.app_id


async def test_it_says_where_the_gateway_is(town: Town, client: Bare) -> None:
    assert (await client.call("GET", "/gateway"))[1] == {"url": town.gateway_url}
    town.shards = 3
    _, said = await client.call("GET", "/gateway/bot")
    assert said["shards"] == 3
    assert said["session_start_limit"]["remaining"] == 1000


async def test_what_is_not_documented_is_loud() -> None:
    with pytest.raises(AssertionError, match="GET /nothing"):
        async with discord_town() as town, bare(town) as client:
            assert await refused(client, "GET", "/nothing") == (404, 0)
    with pytest.raises(AssertionError, match="PUT /gateway"):
        async with discord_town() as town, bare(town) as client:
            assert await refused(client, "PUT", "/gateway") == (405, 0)


async def test_a_body_must_be_json_and_say_so(client: Bare, room: Channel) -> None:
    async def post(data: Any, kind: str) -> tuple[int, Json]:
        headers = {"Authorization": f"Bot {client.town.token}", "Content-Type": kind}
        url = client.town.api_url + to(room)
        async with client.session.post(url, data=data, headers=headers) as answer:
            return answer.status, await answer.json()

    assert (await post("{", "application/json"))[1]["code"] == 50109
    status, said = await post('{"content": "x"}', "text/plain")
    assert (status, said["code"]) == (400, 50035)
    assert said["errors"]["_errors"][0]["code"] == "CONTENT_TYPE_INVALID"
    assert (await post('{"content": "x"}', "application/json; charset=utf-8"))[0] == 200


# Where ------------------------------------------------------------------------------------------


async def test_what_is_not_there_is_unknown_by_its_number(
    client: Bare, guild: Guild, room: Channel
) -> None:
    ada = client.town.user("ada").id
    stranger = client.town.user("zoe").id
    for path, code in {
        "/channels/1": 10003,
        "/channels/1/messages": 10003,
        to(room, "/1"): 10008,
        "/guilds/1": 10004,
        f"/guilds/{guild.id}/members/1": 10013,
        f"/guilds/{guild.id}/members/{stranger}": 10007,
        "/users/1": 10013,
        f"/applications/{client.town.app_id}/commands/1": 10063,
    }.items():
        assert await refused(client, "GET", path) == (404, code), path
    assert (await client.call("GET", f"/guilds/{guild.id}/members/{ada}"))[0] == 200
    assert await refused(client, "GET", "/applications/1/commands") == (403, 20012)


async def test_where_the_bot_may_not_look_or_speak_it_is_told_so(
    town: Town, client: Bare, guild: Guild
) -> None:
    hidden, mute = guild.channel("hidden"), guild.channel("mute")
    hidden.deny(guild.everyone, permissions.VIEW)
    mute.deny(guild.everyone, permissions.SEND | permissions.READ_HISTORY)
    assert await refused(client, "POST", to(hidden), {"content": "x"}) == (403, 50001)
    assert await refused(client, "GET", f"/channels/{hidden.id}") == (403, 50001)
    assert await refused(client, "POST", to(mute), {"content": "x"}) == (403, 50013)
    assert await client.call("GET", to(mute)) == (200, [])
    hidden.allow(town.bot, permissions.VIEW)
    assert (await client.call("POST", to(hidden), {"content": "x"}))[0] == 200
    elsewhere = town.guild("Other", with_bot=False).channel("general")
    assert await refused(client, "GET", f"/channels/{elsewhere.id}") == (403, 50001)
    private = town.between(town.user("ada"), town.user("bea"))
    assert await refused(client, "POST", to(private), {"content": "x"}) == (403, 50001)


async def test_files_need_the_right_to_attach_them(
    town: Town, client: Bare, guild: Guild, room: Channel
) -> None:
    room.deny(guild.everyone, permissions.ATTACH_FILES)
    assert (await upload(client, room, {"content": "x"}, PNG))[1]["code"] == 50013
    assert (await client.call("POST", to(room), {"content": "x"}))[0] == 200


async def test_roles_allow_what_everybody_may_not(town: Town, client: Bare, guild: Guild) -> None:
    inner = guild.channel("reps", members=(guild.role("rep"),))
    ada, bea = town.user("ada"), guild.joins(town.user("bea"), guild.role("rep"))
    assert not inner.may(ada)
    assert inner.may(bea) & permissions.VIEW
    assert inner.may(town.owner) == permissions.ALL
    _, said = await client.call("GET", f"/guilds/{guild.id}/roles")
    assert [one["name"] for one in said] == ["@everyone", "groundswell", "rep"]
    _, member = await client.call("GET", f"/guilds/{guild.id}/members/{bea.id}")
    assert member["roles"] == [guild.role("rep").id]


async def test_somebody_is_written_to_who_can_be_reached(town: Town, client: Bare) -> None:
    ada = town.user("ada")
    opens = {"recipient_id": int(ada.id)}
    _, said = await client.call("POST", "/users/@me/channels", opens)
    assert await client.call("POST", "/users/@me/channels", opens) == (200, said)
    path = f"/channels/{said['id']}/messages"
    assert await refused(client, "POST", path, {"content": "x"}) == (403, 50007)
    ada.installed = True
    assert (await client.call("POST", path, {"content": "hello"}))[0] == 200
    assert town.hand(ada).heard() == ["hello"]
    ada.closed = True
    assert await refused(client, "POST", path, {"content": "x"}) == (403, 50007)
    for nobody in ("1", town.app_id):
        body = {"recipient_id": nobody}
        assert await refused(client, "POST", "/users/@me/channels", body) == (400, 50033)


# What -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({"content": "x" * 2001}, "content"),
        ({"content": "x", "nonce": "x" * 26}, "nonce"),
        ({"content": "x", "flags": 64}, "flags"),
        ({"content": "x", "flags": 128}, "flags"),
        ({"content": "x", "colour": 1}, "colour"),
        (words("x") | {"content": "x"}, "content"),
        ({"components": [{"type": 10, "content": "x"}]}, "components"),
        ({"content": "x", "allowed_mentions": {"parse": ["all"]}}, "allowed_mentions"),
        (
            {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
            "allowed_mentions",
        ),
        ({"content": "x", "attachments": [{"id": 0, "filename": "a"}]}, "attachments"),
    ],
)
async def test_a_message_that_does_not_fit_is_refused_where_it_does_not(
    town: Town, client: Bare, room: Channel, body: Json, at: str
) -> None:
    status, said = await client.call("POST", to(room), body)
    assert (status, said["code"], said["message"]) == (400, 50035, "Invalid Form Body")
    assert list(said["errors"]) == [at]
    assert room.messages == []


@pytest.mark.parametrize("body", [{}, {"content": ""}, {"flags": V2, "components": []}])
async def test_nobody_sends_an_empty_message(client: Bare, room: Channel, body: Json) -> None:
    assert await refused(client, "POST", to(room), body) == (400, 50006)


async def test_what_this_town_does_not_build_is_loud() -> None:
    with pytest.raises(AssertionError, match="embeds of messages"):
        async with discord_town() as town, bare(town) as client:
            room = town.guild("Acme").channel("general")
            await client.call("POST", to(room), {"embeds": [{"title": "x"}]})


async def test_a_message_is_kept_found_changed_and_taken_back(
    town: Town, client: Bare, guild: Guild, room: Channel
) -> None:
    _, said = await client.call("POST", to(room), words("first"))
    assert said["components"] == [{"type": 10, "content": "first", "id": 1}]
    path = to(room, f"/{said['id']}")
    assert (await client.call("GET", path))[1] == said
    _, new = await client.call("PATCH", path, {"components": [{"type": 10, "content": "then"}]})
    assert (new["id"], new["flags"]) == (said["id"], V2)
    assert new["edited_timestamp"]
    assert town.hand("ada", room).sees == "then"
    assert await refused(client, "PATCH", path, {"content": "x"}) == (400, 50035)
    assert await refused(client, "PATCH", path, {"components": []}) == (400, 50006)
    assert await client.call("DELETE", path) == (204, "")
    assert await refused(client, "GET", path) == (404, 10008)


async def test_what_others_wrote_is_not_the_bots_to_change(
    town: Town, client: Bare, guild: Guild, room: Channel
) -> None:
    path = to(room, f"/{town.hand('ada', room).says('mine')['id']}")
    assert await refused(client, "PATCH", path, {"content": "x"}) == (403, 50005)
    assert await refused(client, "DELETE", path) == (403, 50013)
    guild.role("groundswell").permissions |= permissions.MANAGE_MESSAGES
    assert (await client.call("DELETE", path))[0] == 204


async def test_history_is_read_from_the_newest(town: Town, client: Bare, room: Channel) -> None:
    ids = [town.hand(town.owner, room).says(str(number))["id"] for number in range(5)]

    async def read(query: str) -> list[str]:
        return [one["content"] for one in (await client.call("GET", to(room, query)))[1]]

    assert await read("?limit=2") == ["4", "3"]
    assert await read(f"?before={ids[2]}") == ["1", "0"]
    assert await read(f"?after={ids[1]}&limit=2") == ["3", "2"]
    assert await refused(client, "GET", to(room, "?limit=101")) == (400, 50035)


async def test_the_same_nonce_makes_one_message_for_some_minutes(
    town: Town, client: Bare, room: Channel
) -> None:
    body = {"content": "once", "nonce": "out-7", "enforce_nonce": True}
    _, first = await client.call("POST", to(room), body)
    _, again = await client.call("POST", to(room), body | {"content": "twice"})
    assert again == first
    assert first["nonce"] == "out-7"
    await client.call("POST", to(room), body | {"enforce_nonce": False})
    assert len(room.messages) == 2
    town.later(301)
    await client.call("POST", to(room), body)
    assert len(room.messages) == 3


async def upload(client: Bare, room: Channel, body: Json, *files: bytes) -> tuple[int, Any]:
    form = aiohttp.FormData(quote_fields=False)
    told = [{"id": n, "filename": f"{n}.png", "description": "Bars"} for n in range(len(files))]
    form.add_field("payload_json", aiohttp.JsonPayload(body | {"attachments": told}))
    for number, data in enumerate(files):
        form.add_field(f"files[{number}]", data, filename=f"{number}.png")
    headers = {"Authorization": f"Bot {client.town.token}"}
    url = client.town.api_url + to(room)
    async with client.session.post(url, data=form, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_a_picture_hangs_on_its_message(
    town: Town, client: Bare, room: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery = {"type": 12, "items": [{"media": {"url": "attachment://0.png"}}]}
    status, said = await upload(client, room, {"flags": V2, "components": [gallery]}, PNG)
    assert status == 200
    (one,) = said["attachments"]
    assert (one["filename"], one["description"], one["size"]) == ("0.png", "Bars", len(PNG))
    assert town.files[one["id"]] == PNG
    async with client.session.get(one["url"]) as answer:
        assert await answer.read() == PNG
    body = {"flags": V2, "components": [gallery]}
    assert (await client.call("POST", to(room), body))[1]["code"] == 50035
    status, said = await upload(client, room, {"content": "x"}, *[PNG] * 11)
    assert status == 400
    monkeypatch.setattr(messages, "FILE_SIZE", len(PNG) - 1)
    status, said = await upload(client, room, {"content": "x"}, PNG)
    assert (status, said["code"]) == (413, 40005)


@pytest.mark.parametrize(
    ("allowed", "who"),
    [
        (None, {"ada", "rep"}),
        ({"parse": []}, set()),
        ({"parse": ["users"]}, {"ada"}),
        ({"parse": ["roles"]}, {"rep"}),
        ({"parse": [], "users": ["ada"]}, {"ada"}),
        ({"parse": ["everyone"]}, set()),
    ],
)
async def test_a_mention_calls_whom_the_sender_allows(
    town: Town, client: Bare, guild: Guild, room: Channel, allowed: Json | None, who: set[str]
) -> None:
    ids = {"ada": town.user("ada").id, "rep": guild.role("rep").id}
    more = {} if allowed is None else {"allowed_mentions": dict(allowed)}
    if more.get("allowed_mentions", {}).get("users"):
        more["allowed_mentions"]["users"] = [ids["ada"]]
    text = f"<@{ids['ada']}> <@&{ids['rep']}> <@{town.user('zoe').id}> @everyone"
    status, _ = await client.call("POST", to(room), words(text) | more)
    assert status == 200
    pings = [id for one in town.pinged for id in one.pings]
    assert sorted(pings) == sorted(ids[name] for name in who)


async def test_everyone_is_called_by_whom_may(
    town: Town, client: Bare, guild: Guild, room: Channel
) -> None:
    guild.role("groundswell").permissions |= permissions.MENTION_EVERYONE
    await client.call("POST", to(room), {"content": "@here"})
    assert town.pinged[0].pings == ["everyone"]


# Commands ---------------------------------------------------------------------------------------


async def test_all_commands_are_put_at_once_and_keep_their_ids(town: Town, client: Bare) -> None:
    path = f"/applications/{town.app_id}/commands"
    one = {"name": "one", "description": "x", "name_localizations": {"de": "eins"}}
    _, first = await client.call("PUT", path, [one, {"name": "two", "description": "x"}])
    assert [kept["contexts"] for kept in first] == [None, None]
    assert first[0]["name_localizations"] == {"de": "eins"}
    _, then = await client.call("PUT", path, [one | {"description": "y"}])
    assert [kept["id"] for kept in then] == [first[0]["id"]]
    _, said = await client.call("GET", path)
    assert [kept["description"] for kept in said] == ["y"]
    assert "name_localizations" not in said[0]
    _, said = await client.call("GET", f"{path}?with_localizations=true")
    assert said[0]["name_localizations"] == {"de": "eins"}
    assert len(town.creates) == 2
    assert (await client.call("DELETE", f"{path}/{first[0]['id']}"))[0] == 204
    assert town.commands == {}


async def test_two_hundred_new_commands_a_day_are_the_most(town: Town, client: Bare) -> None:
    path = f"/applications/{town.app_id}/commands"
    for letter in "ab":
        new = [{"name": f"{letter}{number}", "description": "x"} for number in range(100)]
        assert (await client.call("PUT", path, new))[0] == 200
    more = [{"name": "more", "description": "x"}]
    assert await refused(client, "PUT", path, more) == (400, 30034)
    town.later(86401)
    assert (await client.call("PUT", path, more))[0] == 200


async def test_commands_that_do_not_fit_are_refused_by_number(town: Town, client: Bare) -> None:
    path = f"/applications/{town.app_id}/commands"
    status, said = await client.call("PUT", path, [{"name": "A", "description": "x"}])
    assert (status, said["code"]) == (400, 50035)
    assert said["errors"]["0"]["name"]["_errors"][0]["code"] == "APPLICATION_COMMAND_INVALID_NAME"
    assert town.commands == {}


# How often --------------------------------------------------------------------------------------


async def test_a_room_takes_five_messages_in_five_seconds(
    town: Town, client: Bare, guild: Guild, room: Channel
) -> None:
    for left in (4, 3, 2, 1, 0):
        status, _ = await client.call("POST", to(room), {"content": "x"})
        assert (status, client.headers["X-RateLimit-Remaining"]) == (200, str(left))
    status, said = await client.call("POST", to(room), {"content": "x"})
    assert status == 429
    assert said["global"] is False
    assert 0 < said["retry_after"] <= 5
    assert client.headers["X-RateLimit-Scope"] == "user"
    assert client.headers["X-RateLimit-Limit"] == "5"
    assert client.headers["Retry-After"] == "5"
    assert client.headers["Via"]
    assert len(room.messages) == 5
    other = guild.channel("other")
    assert (await client.call("POST", to(other), {"content": "x"}))[0] == 200
    town.later(5)
    assert (await client.call("POST", to(room), {"content": "x"}))[0] == 200


async def test_fifty_calls_a_second_are_the_most_whatever_they_are(
    town: Town, client: Bare, guild: Guild
) -> None:
    town.pace.now = lambda: 1000.0
    await asyncio.gather(*[client.call("GET", "/gateway") for _ in range(25)])
    await asyncio.gather(*[client.call("GET", f"/guilds/{guild.id}") for _ in range(25)])
    status, said = await client.call("GET", "/users/@me")
    assert (status, said["global"]) == (429, True)
    assert client.headers["X-RateLimit-Global"] == "true"
    way = "/interactions/1/2/callback"
    assert await refused(client, "POST", way, {"type": 6}) == (404, 10062)
    town.pace.now = lambda: 1001.0
    assert (await client.call("GET", "/users/@me"))[0] == 200


async def test_a_load_may_go_faster_where_a_test_says_so() -> None:
    async with discord_town(generous=2) as town, bare(town) as client:
        room = town.guild("Acme").channel("general")
        for _ in range(10):
            assert (await client.call("POST", to(room), {"content": "x"}))[0] == 200
        assert (await client.call("POST", to(room), {"content": "x"}))[0] == 429


# What goes wrong --------------------------------------------------------------------------------

SEND = "POST /channels/{channel}/messages"


async def test_faults_come_as_often_as_they_are_wanted(
    town: Town, client: Bare, room: Channel
) -> None:
    faults = town.faults
    faults.ratelimit(SEND, retry_after=0.25)
    faults.ratelimit("*", retry_after=0.5, scope="global")
    status, said = await client.call("POST", to(room), {"content": "x"})
    assert (status, said["retry_after"]) == (429, 0.25)
    assert (await client.call("GET", "/gateway"))[1]["global"] is True
    faults.status(SEND, 502)
    assert (await client.call("POST", to(room), {"content": "x"}))[0] == 502
    faults.error("POST *", 403, 50013)
    assert await refused(client, "POST", to(room), {"content": "x"}) == (403, 50013)
    assert room.messages == []
    assert (await client.call("POST", to(room), {"content": "x"}))[0] == 200


async def test_a_call_can_be_cut_before_or_after_it_is_done(
    town: Town, client: Bare, room: Channel
) -> None:
    town.faults.cut(SEND)
    with pytest.raises(aiohttp.ClientError):
        await client.call("POST", to(room), {"content": "x"})
    assert room.messages == []
    town.faults.lost(SEND)
    with pytest.raises(aiohttp.ClientError):
        await client.call("POST", to(room), {"content": "x"})
    assert len(room.messages) == 1
    town.faults.late(SEND, 0.02)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await client.call("POST", to(room), {"content": "x"})
    assert loop.time() - began >= 0.02


async def test_everything_that_went_over_the_wires_is_kept_for_scans(
    town: Town, client: Bare, room: Channel
) -> None:
    await client.call("POST", to(room), {"content": "a secret"})
    (call,) = town.calls
    assert (call.route, call.status, call.body) == (SEND, 200, {"content": "a secret"})
    assert call.answer["content"] == "a secret"
    assert town.counted(SEND) == 1
    kept = [(one.kind, one.to) for one in town.bodies if "a secret" in one.words]
    assert kept == [(f"call {SEND}", "town"), (f"answer {SEND}", "bot")]
