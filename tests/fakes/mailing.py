"""Mail servers on this machine: a real one that keeps what it takes, and one that plays a part."""

import asyncio
import email
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

OURS = trustme.CA()
OUR_CA = OURS.cert_pem.bytes().decode()


def shown(*names: str, ca: trustme.CA = OURS, **how: Any) -> ssl.SSLContext:
    """What a server shows that has a certificate for these names."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert(*names, **how).configure_cert(context)
    return context


@dataclass
class Mailbox:
    """Takes mail and keeps it. ``refuses``: an answer to an address, or to DATA at the end."""

    refuses: dict[str, str] = field(default_factory=dict)
    taken: list[Envelope] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(  # noqa: N802 - so it is called
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - so it is called
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        self.sessions.append(session)
        if "DATA" in self.refuses:
            return self.refuses["DATA"]
        self.taken.append(envelope)
        return "250 OK"

    def letters(self) -> list[EmailMessage]:
        """What was taken, as a mail program reads it."""
        return [
            cast(EmailMessage, email.message_from_bytes(_read(one), policy=default))
            for one in self.taken
        ]


def _read(one: Envelope) -> bytes:
    return cast(bytes, one.content).replace(b"\r\n", b"\n")


def _knows(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, told: LoginPassword
) -> AuthResult:
    well = (told.login, told.password) == (b"bot", b"a pass word")
    return AuthResult(success=well, handled=False)  # that is: the server says so itself


@asynccontextmanager
async def mailbox(*, implicit: ssl.SSLContext | None = None, **how: Any) -> AsyncIterator[Mailbox]:
    """A real server; ``how`` are aiosmtpd's own settings, ``implicit`` is TLS from the start."""
    kept, loop = Mailbox(), asyncio.get_running_loop()
    speaking: list[SMTP] = []

    def made() -> SMTP:
        speaking.append(SMTP(kept, loop=loop, authenticator=_knows, hostname="mx", **how))
        return speaking[-1]

    server = await loop.create_server(made, "127.0.0.1", 0, ssl=implicit)
    kept.port = server.sockets[0].getsockname()[1]
    try:
        yield kept
    finally:
        server.close()
        for one in speaking:
            if one.transport is not None:
                one.transport.abort()
        await server.wait_closed()
        await asyncio.sleep(0.01)


GONE = b"<gone>"  #: the line is cut, without a word
HANGS = b"<hangs>"  #: nothing is said any more

GREETING, BODY, END = "greeting", "body", "end"  #: what has no verb
USUAL = {
    GREETING: b"220 mx at your service",
    "EHLO": b"250-mx\r\n250-SIZE 1000000\r\n250 HELP",
    "HELO": b"250 mx",
    "STARTTLS": b"220 go on",
    "AUTH": b"235 welcome",
    "MAIL": b"250 OK",
    "RCPT": b"250 OK",
    "DATA": b"354 go on",
    END: b"250 taken",
    "QUIT": b"221 goodbye",
}


@dataclass
class Actor:
    """A server that says at each stage what its part says, and keeps every line it heard: the
    commands, of a letter the final dot, and apart from them what else there was of it."""

    part: Mapping[str, bytes]
    heard: list[bytes] = field(default_factory=list)
    letter: list[bytes] = field(default_factory=list)
    port: int = 0
    lines: int = 0  #: connections
    wait_for_the_letter: Callable[[], Awaitable[object]] | None = None

    def verbs(self) -> list[str]:
        return [
            one.split()[0].decode("ascii", "replace").upper() for one in self.heard if one.strip()
        ]

    async def play(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines += 1
        with suppress(ConnectionError, EOFError):
            await self._say(GREETING, writer)
            while line := await reader.readline():
                self.heard.append(line.rstrip(b"\r\n"))
                verb = self.verbs()[-1] if line.strip() else ""
                await self._say(verb, writer)
                if verb == "DATA" and self.part.get("DATA", b"354").startswith(b"354"):
                    await self._take(reader, writer)
                if verb == "QUIT":
                    break
        writer.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if BODY in self.part:
            self.letter.append(await reader.readexactly(200))
            await self._say(BODY, writer)
        if self.wait_for_the_letter:
            await self.wait_for_the_letter()
        while (line := await reader.readline()) != b".\r\n":
            if not line:
                raise EOFError
            self.letter.append(line)
        self.heard.append(b".")
        await self._say(END, writer)

    async def _say(self, stage: str, writer: asyncio.StreamWriter) -> None:
        words = self.part.get(stage, USUAL.get(stage, b"502 what?"))
        if words == HANGS:
            await asyncio.sleep(60)
        if words == GONE:
            raise EOFError
        writer.write(words + b"\r\n")
        await writer.drain()


@asynccontextmanager
async def acting(**part: bytes) -> AsyncIterator[Actor]:
    """A server that plays a part: stage -> what it says there instead of the usual."""
    actor, playing = Actor(part), set[asyncio.Task[None]]()

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        playing.add(task)
        try:
            await actor.play(reader, writer)
        finally:
            playing.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(play, "127.0.0.1", 0)
    actor.port = server.sockets[0].getsockname()[1]
    try:
        yield actor
    finally:
        server.close()
        for task in playing:
            task.cancel()
        await asyncio.gather(*playing, return_exceptions=True)
        await server.wait_closed()
