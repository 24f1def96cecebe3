"""How the town delivers: signed requests and sockets, in time or too late, again, twice, to several."""

import asyncio
import json
import time
from contextlib import suppress
from typing import Any

import aiohttp
import pytest
from slack_sdk.signature import SignatureVerifier

from tests.fakes.slack import Hand, Impossible, Town, slack_town
from tests.fakes.slack.payloads import event
from tests.fakes.slack_bolted import (
    HTTP,
    SOCKET,
    TRANSPORTS,
    button,
    field,
    modal,
    section,
    serving,
)

both = pytest.mark.parametrize("transport", TRANSPORTS)


class Heard:
    """Listeners that keep what they were told, and may be slow or fail."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.by: list[int] = []
        self.pause = 0.0
        self.fails = 0
        self.apps = 0

    def listen(self, app: Any) -> None:
        self.apps += 1
        number = self.apps

        async def keep(body: dict[str, Any]) -> None:
            self.told.append(body.get("command") or body.get("event_id") or body["type"])
            self.by.append(number)
            await asyncio.sleep(self.pause)
            if self.fails:
                self.fails -= 1
                raise RuntimeError("as told")

        @app.command("/grievance")
        async def command(ack, body):
            await keep(body)
            await ack()

        @app.event("app_home_opened")
        @app.event("app_uninstalled")
        @app.event("tokens_revoked")
        async def happened(body):
            await keep(body)

        @app.action("send")
        @app.view("grievance")
        @app.view_closed("grievance")
        async def other(ack, body):
            await keep(body)
            await ack()


def person(town: Town) -> Hand:
    space = town.workspace("T1")
    ana = space.user("ana")
    hand = town.hand(ana)
    hand.patience = 0
    hand.at = space.channel("general", members=[ana])
    return hand


# Both ---------------------------------------------------------------------------------------------


@both
async def test_who_answers_too_late_has_not_answered(transport: str) -> None:
    async with slack_town(ack_within=0.1) as town:
        hand, heard = person(town), Heard()
        heard.pause = 0.3
        async with serving(town, transport, heard.listen):
            assert (await hand.command("/grievance")).trouble == "operation_timeout"
            await asyncio.sleep(0.3)
            heard.pause = 0
            assert (await hand.command("/grievance")).trouble == ""


@both
async def test_an_event_that_nobody_takes_comes_four_times(transport: str) -> None:
    async with slack_town(ack_within=0.1) as town:
        hand, heard = person(town), Heard()
        town.retries = (0, 0, 0)
        heard.fails = 10
        async with serving(town, transport, heard.listen):
            await hand.home()
            assert len(heard.told) == 4
            assert len(set(heard.told)) == 1
            heard.fails = 1
            heard.told.clear()
            await hand.home()
            assert len(heard.told) == 2


@both
async def test_the_same_payload_comes_twice_when_told_to(transport: str) -> None:
    async with slack_town() as town:
        hand, heard = person(town), Heard()
        async with serving(town, transport, heard.listen):
            town.faults.twice = 1
            await hand.command("/grievance")
            assert heard.told == ["/grievance"] * 2
            await town.delivery.again()
            assert heard.told == ["/grievance"] * 3


@both
async def test_every_next_payload_goes_to_the_other_process(transport: str) -> None:
    async with slack_town() as town:
        hand, heard = person(town), Heard()
        async with serving(town, transport, heard.listen, processes=2):
            for _ in range(4):
                await hand.command("/grievance")
            assert sorted(heard.by) == [1, 1, 2, 2]
            assert heard.by[0] != heard.by[1]


@both
async def test_what_an_app_did_not_ask_for_is_not_told(transport: str) -> None:
    async with slack_town() as town:
        hand, heard = person(town), Heard()
        async with serving(town, transport, heard.listen):
            town.app.events = frozenset()
            await hand.home()
            assert heard.told == []


# HTTP ---------------------------------------------------------------------------------------------

COMMAND = {"command": "/grievance", "team_id": "T1", "user_id": "U1", "text": ""}


async def test_requests_are_signed_as_slack_signs_them() -> None:
    async with slack_town() as town:
        hand, heard = person(town), Heard()
        got: list[tuple[bytes, dict[str, str]]] = []

        async def take(request: aiohttp.web.Request) -> aiohttp.web.Response:
            got.append((await request.read(), dict(request.headers)))
            return aiohttp.web.Response()

        app = aiohttp.web.Application()
        app.router.add_post("/", take)
        runner = aiohttp.web.AppRunner(app)
        await runner.setup()
        await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
        town.listen_http(f"http://127.0.0.1:{runner.addresses[0][1]}/")
        await hand.command("/grievance")
        await hand.home()
        await runner.cleanup()
        verifier = SignatureVerifier(town.app.signing_secret)
        assert all(verifier.is_valid_request(body, headers) for body, headers in got)
        assert heard.told == []
        assert got[0][1]["Content-Type"] == "application/x-www-form-urlencoded"
        assert got[1][1]["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("marks", "status"),
    [
        ({}, 200),
        ({"age": 290}, 200),
        ({"age": 310}, 401),
        ({"age": -310}, 401),
        ({"secret": "another"}, 401),
        ({"signed": False}, 401),
        ({"signature_": "v0=0000"}, 401),
    ],
)
async def test_bad_old_and_future_marks_can_be_tried(marks: Any, status: int) -> None:
    async with slack_town() as town:
        person(town)
        heard = Heard()
        async with serving(town, HTTP, heard.listen):
            assert (await town.post_raw(COMMAND, "command", **marks))[0] == status
            assert len(heard.told) == (status == 200)


async def test_an_address_proves_itself_when_it_is_told() -> None:
    async with slack_town() as town:
        person(town)
        async with serving(town, HTTP, Heard().listen):
            assert await town.verify_url() == "3eZbrw1a"


async def test_retries_carry_their_number_and_reason_and_can_be_declined() -> None:
    async with slack_town(ack_within=0.2) as town:
        space = person(town).screen.space
        town.retries = (0, 0, 0)
        got: list[str] = []
        answer = {"status": 500, "headers": {}}

        async def take(request: aiohttp.web.Request) -> aiohttp.web.Response:
            num = request.headers.get("x-slack-retry-num", "0")
            got.append(num + request.headers.get("x-slack-retry-reason", ""))
            return aiohttp.web.Response(**answer)  # type: ignore[arg-type]  # as the row says

        app = aiohttp.web.Application()
        app.router.add_post("/", take)
        runner = aiohttp.web.AppRunner(app)
        await runner.setup()
        await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
        town.listen_http(f"http://127.0.0.1:{runner.addresses[0][1]}/")
        payload = event(space, {"type": "app_home_opened", "user": "U1"})
        await town.delivery.event(payload, space)
        assert got == ["0", "1http_error", "2http_error", "3http_error"]
        answer["headers"] = {"X-Slack-No-Retry": "1"}
        await town.delivery.event(payload, space)
        assert len(got) == 5
        town.faults.retried, answer["status"] = 1, 200
        await town.delivery.event(payload, space)
        assert got[-1] == "3http_timeout"
        town.faults.twice = 1
        await town.delivery.event(payload, space)
        assert sorted(got[-2:]) == ["0", "1http_timeout"]
        await runner.cleanup()
        assert (await town.delivery.event(payload, space)).trouble == "dispatch_failed"


# Sockets ------------------------------------------------------------------------------------------


async def test_an_address_of_a_socket_is_good_once() -> None:
    async with slack_town() as town, aiohttp.ClientSession() as session:
        address = town.sockets.address()
        async with session.ws_connect(address) as ws:
            hello = await ws.receive_json()
            assert (hello["type"], hello["num_connections"]) == ("hello", 1)
            assert hello["connection_info"]["app_id"] == town.app.id
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(address)


async def test_an_envelope_waits_for_its_own_ack() -> None:
    async with slack_town(ack_within=0.3) as town, aiohttp.ClientSession() as session:
        hand = person(town)
        async with session.ws_connect(town.sockets.address()) as ws:
            await ws.receive_json()
            acting = asyncio.create_task(hand.command("/grievance", "a & b"))
            envelope = await ws.receive_json()
            assert envelope["type"] == "slash_commands"
            assert envelope["accepts_response_payload"] is True
            assert envelope["payload"]["text"] == "a &amp; b"
            await ws.send_json({"envelope_id": "another"})
            told = {"envelope_id": envelope["envelope_id"], "payload": {"text": "done"}}
            await ws.send_json(told)
            assert [one["text"] for one in (await acting).ephemerals] == ["done"]
            assert town.sockets.late == 1


async def test_a_silent_socket_stays_open_and_says_nothing() -> None:
    async with slack_town(ack_within=0.1, ping_every=0.02) as town:
        hand = person(town)
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(town.sockets.address(), autoping=False) as ws,
        ):
            await ws.receive_json()
            assert (await ws.receive()).type == aiohttp.WSMsgType.PING
            await ws.ping(b"sdk-ping-pong:1")
            while (await ws.receive()).type != aiohttp.WSMsgType.PONG:
                pass
            town.faults.silent = True
            with suppress(TimeoutError):  # what was under way
                while True:
                    await ws.receive(timeout=0.05)
            assert (await hand.command("/grievance")).trouble == "operation_timeout"
            await ws.ping()
            with pytest.raises(TimeoutError):
                await ws.receive(timeout=0.1)
            assert len(town.sockets.open) == 1


@pytest.mark.parametrize("way", ["refresh_requested", "drop"])
async def test_the_sdk_comes_back_when_a_socket_goes(way: str) -> None:
    async with slack_town() as town:
        hand, heard = person(town), Heard()
        async with serving(town, SOCKET, heard.listen) as (handler,):
            handler.client.ping_interval = 0.05
            if way == "drop":
                await town.sockets.drop()
            else:
                await town.sockets.disconnect(way)
            await town.until(lambda: town.sockets.opened == 2 and len(town.sockets.open) == 1, 15)
            assert (await hand.command("/grievance")).trouble == ""


async def test_a_warning_lets_a_socket_stay() -> None:
    async with slack_town() as town, aiohttp.ClientSession() as session:
        hand = person(town)
        async with session.ws_connect(town.sockets.address()) as ws:
            await ws.receive_json()
            await town.sockets.disconnect("warning")
            assert (await ws.receive_json())["reason"] == "warning"
            acting = asyncio.create_task(hand.command("/grievance"))
            envelope = json.loads((await ws.receive()).data)
            await ws.send_json({"envelope_id": envelope["envelope_id"]})
            assert (await acting).trouble == ""


async def test_no_more_than_ten_sockets_are_open() -> None:
    async with slack_town() as town, aiohttp.ClientSession() as session:
        kept = [await session.ws_connect(town.sockets.address()) for _ in range(10)]
        async with session.ws_connect(town.sockets.address()) as ws:
            told = await ws.receive_json()
            assert (told["type"], told["reason"]) == ("disconnect", "too_many_websockets")
        for one in kept:
            await one.close()


async def test_nobody_listening_is_a_time_out() -> None:
    async with slack_town() as town:
        began = time.monotonic()
        assert (await person(town).command("/grievance")).trouble == "operation_timeout"
        assert time.monotonic() - began < 1


async def test_what_is_not_registered_cannot_be_typed() -> None:
    async with slack_town() as town:
        hand = person(town)
        town.app.commands = {"/help"}
        with pytest.raises(Impossible, match="not a valid command"):
            await hand.command("/grievance")
        with pytest.raises(Impossible, match="threads"):
            await hand.command("/help", thread="1.0")


@both
async def test_a_modal_is_opened_by_what_is_acknowledged_late(transport: str) -> None:
    """With a trigger of before, and an expired one when the bot took too long."""
    async with slack_town(ack_within=0.5) as town:
        hand = person(town)
        hand.patience = 0.5

        def listen(app: Any) -> None:
            @app.command("/slow")
            async def slow(ack, body, client):
                town.later(4)
                try:
                    await client.views_open(trigger_id=body["trigger_id"], view=modal(field("a")))
                finally:
                    await ack("Press again.")

            @app.command("/form")
            async def form(ack, body, client):
                blocks = section("x"), {"type": "actions", "elements": [button("send")]}
                await client.views_open(trigger_id=body["trigger_id"], view=modal(*blocks))
                await ack()

        async with serving(town, transport, listen):
            await hand.command("/form")
            assert hand.view["title"]["text"] == "A form"
            await hand.close()
            await hand.command("/slow")
            assert hand.view is None
            (opened, late) = (one for one in town.calls if one.method == "views.open")
            assert opened.answer["ok"]
            assert late.answer["error"] == "expired_trigger_id"


async def test_a_silent_town_greets_no_new_socket_until_it_speaks_again() -> None:
    async with slack_town(ack_within=0.1) as town, aiohttp.ClientSession() as session:
        hand = person(town)
        town.faults.silent = True
        async with session.ws_connect(town.sockets.address()) as ws:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(
                    asyncio.shield(reading := asyncio.ensure_future(ws.receive_json())), 0.1
                )
            assert (await hand.command("/grievance")).trouble == "operation_timeout"
            town.faults.silent = False
            assert (await reading)["type"] == "hello"
