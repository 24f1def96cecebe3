"""What became of a call: an answer, a no, or nothing at all."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from urllib.parse import unquote

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.matrix.wire import Away, Refusal, Wire, at, wire_to

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """Answers with what ``handlers`` say, one after the other, the last of them for ever."""

    def __init__(self) -> None:
        self.handlers: list[Handler] = []
        self.seen: list[web.Request] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request)
        await request.read()
        return await (self.handlers.pop(0) if len(self.handlers) > 1 else self.handlers[0])(request)


def says(status: int, body: object = None, text: str = "") -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        if text:
            return web.Response(status=status, text=text)
        return web.json_response(body or {}, status=status)

    return handler


def limited(milliseconds: object) -> Handler:
    return says(429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": milliseconds})


@pytest.fixture
async def server() -> Server:
    return Server()


@pytest.fixture
async def wire(server: Server) -> AsyncIterator[Wire]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    async with TestServer(app) as running, wire_to(str(running.make_url("/"))) as made:
        yield made


async def test_an_answer_is_its_json(server: Server, wire: Wire) -> None:
    server.handlers = [says(200, {"a": 1}), says(200, [1, 2]), says(200, text="no JSON")]
    assert [await wire.call("GET", "/x") for _ in range(3)] == [{"a": 1}, {"": [1, 2]}, {}]
    assert {one.path for one in server.seen} == {"/_matrix/client/v3/x"}


async def test_the_token_is_in_a_header_and_never_in_an_address(server: Server, wire: Wire) -> None:
    server.handlers = [says(200)]
    await wire.call("GET", "/x")
    wire.token = "secret"
    await wire.call("GET", "/x", query={"since": "s1 & more"})
    assert [one.headers.get("Authorization") for one in server.seen] == [None, "Bearer secret"]
    assert dict(server.seen[1].query) == {"since": "s1 & more"}


def test_a_room_s_id_is_quoted_in_a_path() -> None:
    assert at("/rooms/{}/event/{}", "!a:b/c", "$d?") == "/rooms/%21a%3Ab%2Fc/event/%24d%3F"


async def test_a_quoted_path_arrives_as_it_was_meant(server: Server, wire: Wire) -> None:
    server.handlers = [says(200)]
    await wire.call("PUT", at("/rooms/{}/x", "!a:b/c%"), {})
    assert [unquote(part) for part in server.seen[0].raw_path.split("/")[4:]] == [
        "rooms",
        "!a:b/c%",
        "x",
    ]


async def test_a_no_tells_its_status_and_its_code(server: Server, wire: Wire) -> None:
    server.handlers = [
        says(403, {"errcode": "M_FORBIDDEN", "error": "words"}),
        says(500, text="<p>"),
    ]
    with pytest.raises(Refusal, match="403 M_FORBIDDEN") as no:
        await wire.call("GET", "/x")
    assert (no.value.status, no.value.code, no.value.retry_after) == (403, "M_FORBIDDEN", None)
    with pytest.raises(Refusal) as no:
        await wire.call("GET", "/x")
    assert (no.value.status, no.value.code) == (500, "")


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_a_proxy_that_answers_for_it_says_that_it_is_away(
    server: Server, wire: Wire, status: int
) -> None:
    server.handlers = [says(status, text="<p>")]
    with pytest.raises(Away) as away:
        await wire.call("GET", "/x")
    assert away.value.doubtful


async def test_a_revoked_token_is_told_as_one(server: Server, wire: Wire) -> None:
    server.handlers = [says(401, {"errcode": "M_UNKNOWN_TOKEN", "soft_logout": True})]
    with pytest.raises(Refusal) as no:
        await wire.call("GET", "/x")
    assert no.value.is_revoked


async def test_whoever_does_not_wait_is_told_to(server: Server, wire: Wire) -> None:
    for named, wait in ((1500, 1.5), ("soon", 5), (None, 5)):
        server.handlers = [limited(named)]
        with pytest.raises(Refusal) as no:
            await wire.call("GET", "/x")
        assert no.value.retry_after == timedelta(seconds=wait)


async def test_whoever_waits_is_heard_in_the_end(server: Server, wire: Wire) -> None:
    server.handlers = [limited(10), limited(20), says(200, {"a": 1})]
    assert await wire.call("GET", "/x", waits=5) == {"a": 1}
    assert len(server.seen) == 3


async def test_a_wait_that_is_too_long_is_not_begun(server: Server, wire: Wire) -> None:
    server.handlers = [limited(60_000)]
    async with asyncio.timeout(2):
        with pytest.raises(Refusal):
            await wire.call("GET", "/x", waits=20)


async def test_what_can_wait_stands_behind_what_waits_and_what_cannot_does_not(
    server: Server, wire: Wire
) -> None:
    answered = asyncio.Event()

    async def held(request: web.Request) -> web.StreamResponse:
        await answered.wait()
        return web.json_response({})

    server.handlers = [limited(10), held, says(200)]
    first = asyncio.create_task(wire.call("GET", "/first", waits=5))
    while len(server.seen) < 2:
        await asyncio.sleep(0.01)
    second = asyncio.create_task(wire.call("GET", "/second", waits=5))
    await wire.call("GET", "/urgent")
    answered.set()
    await asyncio.gather(first, second)
    paths = [one.path.rpartition("/")[2] for one in server.seen]
    assert paths == ["first", "first", "urgent", "second"]


async def test_where_nobody_listens_nothing_was_taken() -> None:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{line.getsockname()[1]}"
        async with wire_to(nowhere) as wire:
            with pytest.raises(Away) as away:
                await wire.call("GET", "/x")
    assert not away.value.doubtful


async def test_an_answer_that_does_not_come_or_is_cut_leaves_it_in_doubt(
    server: Server, wire: Wire
) -> None:
    async def never(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(30)
        return web.Response()

    async def cut(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        answer.content_length = 100
        await answer.prepare(request)
        assert request.transport
        request.transport.abort()
        return answer

    for handler in (never, cut):
        server.handlers = [handler]
        with pytest.raises(Away) as away:
            await wire.call("PUT", "/x", {}, patience=0.3)
        assert away.value.doubtful


async def test_what_is_uploaded_goes_as_it_is_and_its_address_is_told(
    server: Server, wire: Wire
) -> None:
    server.handlers = [says(200, {"content_uri": "mxc://gw.test/1"})]
    assert await wire.upload(b"\x00\xff") == "mxc://gw.test/1"
    (seen,) = server.seen
    assert (seen.path, seen.content_type, await seen.read()) == (
        "/_matrix/media/v3/upload",
        "application/octet-stream",
        b"\x00\xff",
    )
