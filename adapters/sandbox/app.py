"""The sandbox over HTTP: the page's files and its JSON, on the loopback interface alone.

Host and Origin are checked on every request, so that no other page in the same browser can act
here. No inline script, no foreign resource. Nothing is logged.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

from aiohttp import web

from adapters.sandbox import render
from adapters.sandbox.acts import Acts, caller
from adapters.sandbox.crowd import MOST, Crowd
from adapters.sandbox.people import PERSONAS, Persona
from adapters.sandbox.telling import Telling
from adapters.sandbox.time import BadMove, SandboxTime, duration
from adapters.sandbox.tour import Tour
from adapters.sandbox.town import NotTaken, NotThere, Room, Town, speaker
from bot.chat import ENGLISH, Caller, about, line
from bot.dispatch import Door
from bot.domain.communities import Role
from bot.domain.errors import CannotSave
from bot.ports import Clock, Due, Stored, Tick

STATIC = Path(__file__).parent / "static"
LARGEST_BODY = 8 * 2**20  #: so that far too long a text still gets a sentence of its own
BEAT = 15.0  #: seconds between two comments that keep an event stream open

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

Look = Callable[[Caller, str], Awaitable[list[Stored]]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class BadRequest(Exception):
    """The request itself is not as the API has it; says how."""


class SandboxApp:
    def __init__(
        self,
        town: Town,
        door: Door,
        crowd: Crowd,
        time: SandboxTime,
        clock: Clock,
        settle: Tick,
        look: Look,
        telling: Telling,
        tour: Tour,
    ) -> None:
        self._town, self._door, self._crowd = town, door, crowd
        self._acts, self._time, self._clock = Acts(town, door), time, clock
        self._settle, self._look, self._telling, self._tour = settle, look, telling, tour
        self._closing = asyncio.Event()

    def application(self) -> web.Application:
        app = web.Application(client_max_size=LARGEST_BODY, middlewares=[_guarded])
        app.router.add_get("/", self._page)
        app.router.add_static("/static", STATIC)
        app.router.add_get("/pictures/{message}.png", self._picture)
        app.router.add_get("/api/personas", self._personas)
        app.router.add_get("/api/state", self._state)
        app.router.add_get("/api/events", self._events)
        app.router.add_get("/api/stored", self._stored)
        app.router.add_get("/api/story", self._story)
        app.router.add_get("/api/tour", self._guide)
        for act in (self.say, self.press, self.submit, self.dismiss, self.clock, self.crowd):
            app.router.add_post(f"/api/{act.__name__}", self._post(act))
        app.on_shutdown.append(self._close)
        return app

    async def say(self, body: "Body") -> Any:
        persona, room = self._at(body, "room")
        await self._acts.say(persona, room, body.text("text"))
        return {"ok": True}

    async def press(self, body: "Body") -> Any:
        persona = self._town.persona(body.text("as"))
        await self._acts.press(persona, body.text("message"), body.text("button"))
        return {"ok": True}

    async def submit(self, body: "Body") -> Any:
        persona = self._town.persona(body.text("as"))
        wrong = await self._acts.submit(persona, body.text("form"), body.mapping("answers"))
        return web.json_response({"errors": wrong}, status=422) if wrong else {"ok": True}

    async def dismiss(self, body: "Body") -> Any:
        self._acts.dismiss(self._town.persona(body.text("as")), body.text("form"))
        return {"ok": True}

    async def clock(self, body: "Body") -> Any:
        if "until" in body.values:
            came = await self._time.until(body.text("until"))
        else:
            came = await self._time.advance(duration(body.text("advance")))
        self._town.everything_changed()
        return {"now": self._clock.now().isoformat(), "came": _dues(came)}

    async def crowd(self, body: "Body") -> Any:
        act, count = body.text("act"), body.number("count", 1, MOST)
        if act not in ("grievances", "pulse"):
            raise BadRequest("act takes pulse or grievances.")
        if act == "pulse":
            done, refused = await self._crowd.answer(count)
        else:
            done, refused = await self._crowd.file_grievances(count)
        return {"done": done, "refused": refused}

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / "index.html")

    async def _picture(self, request: web.Request) -> web.StreamResponse:
        png = self._town.picture(request.match_info["message"])
        return web.Response(body=png, content_type="image/png")

    async def _personas(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(
            [{"id": one.id, "name": one.name, "role": one.role.value} for one in PERSONAS]
        )

    async def _story(self, request: web.Request) -> web.StreamResponse:
        """How far the told story is; whatever shows or changes the town waits for its end."""
        told, weeks = self._telling.told, self._telling.weeks
        return web.json_response({"told": told, "weeks": weeks, "over": self._telling.is_over})

    async def _guide(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(self._tour.shown(request.query.get("language", "")))

    async def _state(self, request: web.Request) -> web.StreamResponse:
        await self._telling.over()
        persona = self._town.persona(request.query.get("as", ""))
        page, dialog = speaker(ENGLISH), self._town.dialog(persona)
        return web.json_response(
            {
                "now": self._clock.now().isoformat(),
                "due": _dues(await self._time.due()),
                "rooms": [self._room(persona, room) for room in self._town.rooms(persona)],
                "form": render.form(speaker(dialog.voice), dialog.form) if dialog else None,
                "commands": [
                    {"name": c.name, "summary": page.say(line(f"command.{c.name}"))}
                    for c in self._door.commands
                    if c.typed and c.listed_for({Role.WORKER, persona.role})
                ],
            }
        )

    async def _stored(self, request: web.Request) -> web.StreamResponse:
        """What is stored of the case that this persona's last card shows."""
        await self._telling.over()
        persona = self._town.persona(request.query.get("as", ""))
        for message in self._town.all_messages(persona):
            who = caller(persona.id, self._town.find(persona, message.id)[0])
            for subject in dict.fromkeys(about(b["id"])[1] for b in message.body["buttons"]):
                if subject and (found := await self._look(who, subject)):
                    return web.json_response(
                        [{"table": one.table, "rows": one.rows} for one in found]
                    )
        return web.json_response([])

    async def _events(self, request: web.Request) -> web.StreamResponse:
        await self._telling.over()
        persona = self._town.persona(request.query.get("as", ""))
        stream = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        _protect(stream)
        await stream.prepare(request)
        heard, stop = self._town.listen(persona)
        try:
            await stream.write(b"data: {}\n\n")
            while not self._closing.is_set():
                await self._wait(heard)
                await stream.write(b"data: {}\n\n" if heard.is_set() else b": still here\n\n")
                heard.clear()
        except ConnectionError:
            pass  # the page went away
        finally:
            stop()
        return stream

    async def _wait(self, heard: asyncio.Event) -> None:
        closing = asyncio.create_task(self._closing.wait())
        waits = [asyncio.create_task(heard.wait()), closing]
        await asyncio.wait(waits, timeout=BEAT, return_when=asyncio.FIRST_COMPLETED)
        for one in waits:
            one.cancel()

    async def _close(self, app: web.Application) -> None:
        self._closing.set()

    def _room(self, persona: Persona, room: Room) -> dict[str, Any]:
        return {
            "id": room.id,
            "name": room.name,
            "space": room.space,
            "messages": [one.shown() for one in self._town.messages(persona, room)],
        }

    def _at(self, body: "Body", key: str) -> tuple[Persona, Room]:
        persona = self._town.persona(body.text("as"))
        return persona, self._town.room(persona, body.text(key))

    def _post(self, act: Callable[["Body"], Awaitable[Any]]) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            body = await Body.read(request)
            await self._telling.over()
            answer = await act(body)
            await self._settle()
            return answer if isinstance(answer, web.StreamResponse) else web.json_response(answer)

        return handle


def _dues(dues: Iterable[Due]) -> list[dict[str, str]]:
    return [{"at": due.at.isoformat(), "what": due.what} for due in dues]


class Body:
    """The JSON object of a request, read with care."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    @classmethod
    async def read(cls, request: web.Request) -> "Body":
        try:
            values = json.loads(await request.read())
        except (ValueError, RecursionError):
            raise BadRequest("The body is not JSON.") from None
        if not isinstance(values, dict):
            raise BadRequest("The body is not a JSON object.")
        return cls(values)

    def text(self, key: str) -> str:
        value = self.values.get(key)
        if not isinstance(value, str):
            raise BadRequest(f"{key} is missing, or is not text.")
        return value

    def mapping(self, key: str) -> dict[str, Any]:
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise BadRequest(f"{key} is not an object.")
        return value

    def number(self, key: str, least: int, most: int) -> int:
        value = self.values.get(key)
        if type(value) is not int or not least <= value <= most:  # True is no number
            raise BadRequest(f"{key} takes a whole number from {least} to {most}.")
        return value


@web.middleware
async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Only this machine's own pages; every refusal is one sentence."""
    port = request.transport.get_extra_info("sockname")[1] if request.transport else 0
    ours = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
    origin = request.headers.get("Origin")
    if request.host not in ours:
        return _error(403, "This page answers on this machine alone.")
    if request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
        return _error(403, "Another page tried to look here. Open this one instead.")
    if origin is not None and origin not in {f"http://{one}" for one in ours}:
        return _error(403, "Another page tried to act here. Open this one instead.")
    try:
        answer = await handler(request)
    except (NotThere, web.HTTPNotFound, web.HTTPForbidden) as gone:
        return _error(404, str(gone) if isinstance(gone, NotThere) else "There is nothing here.")
    except (BadRequest, BadMove, NotTaken) as wrong:
        return _error(400, str(wrong))
    except CannotSave:  # the door says so itself; the clock goes behind it
        return _error(503, "The database is away, or the disk is full: try again in a while.")
    except web.HTTPRequestEntityTooLarge:
        return _error(413, f"That is too much at once: at most {LARGEST_BODY // 2**20} MB.")
    except web.HTTPMethodNotAllowed:
        return _error(405, "This address is used with another method.")
    if not answer.prepared:
        _protect(answer)
    return answer


def _error(status: int, sentence: str) -> web.Response:
    answer = web.json_response({"error": sentence}, status=status)
    _protect(answer)
    return answer


def _protect(answer: web.StreamResponse) -> None:
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers.setdefault("Cache-Control", "no-store")
