"""Hands a letter to the mail server the settings name, and knows what became of it.

Over TLS with a certificate that holds, or not at all; in plain only where the settings say so,
which they may for this machine alone. What goes wrong is told in our own words, never the server's.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPResponse,
    SMTPResponseException,
    SMTPServerDisconnected,
)
from aiosmtplib.protocol import SMTPProtocol

from bot.ports import InDoubt, Rejected, Undelivered
from bot.settings import CannotStart, Mail

_DOT = re.compile(rb"(?m)^\.")
_GO_ON = 354  #: the answer to DATA

AWAY = (
    "the mail server cannot be reached, or does not answer as one should: see that it is up, and "
    "that [mail] host, port and tls are its own."
)
NO_STARTTLS = (
    "the mail server offers no STARTTLS, and nothing is sent in plain: set [mail] tls to "
    '"implicit" and port to the one for it (often 465), or ask whoever runs it.'
)
FALSE = (
    "the mail server shows a certificate that does not hold: set [mail] host to the name that it "
    "is made for, and name the file of a private CA in ca_file."
)
UNKNOWN = "the mail server refuses us: see [mail] user and password."
REFUSED = "the mail server refuses us: see [mail] from, and ask whoever runs it."


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. All together they stay below the 30 that the postman gives."""

    connect: float = 10.0
    until_handed_over: float = 12.0  #: from the beginning to the last byte but the final dot
    whole: float = 23.0  #: from the beginning to the answer
    goodbye: float = 1.0


class MailServer:
    """A connection for each letter. ``reached``: whether the last attempt came as far as one that
    letters may go over; true before the first."""

    def __init__(self, known: Mail, patience: Patience | None = None) -> None:
        """Raises CannotStart where ``ca`` holds no certificate."""
        self._known, self._patience = known, patience or Patience()
        self._tls = None if known.security == "none" else _trusting(known.ca)
        self.reached = True

    async def take(self, to: str, letter: bytes) -> None:
        """Hand over one letter, its lines ended by CR LF, for one address. Raises Undelivered,
        Rejected; InDoubt where all of it was handed over and no answer came."""
        start = asyncio.get_running_loop().time()
        handed_over = False
        try:
            async with (
                asyncio.timeout_at(start + self._patience.until_handed_over) as waiting,
                self._connection() as client,
            ):
                await client.mail(self._known.from_)
                await client.rcpt(to)
                line, writer = await _begun(client)
                writer.write(_DOT.sub(b"..", letter))
                await writer.drain()
                line.write(b".\r\n")  # until here nothing was said, whatever goes wrong
                handed_over = True
                waiting.reschedule(start + self._patience.whole)
                answer = await line.read_response()
                waiting.reschedule(None)
                await self._goodbye(client)
        except (SMTPException, OSError, ValueError) as why:
            raise (InDoubt() if handed_over else _told(why)) from why
        _taken(answer)

    async def trouble(self) -> str | None:
        """What keeps letters from being taken, with the remedy; None where nothing is seen of it.
        Says who we are, and no more."""
        try:
            async with asyncio.timeout(self._patience.until_handed_over), self._connection() as it:
                await self._goodbye(it)
        except Rejected as no:
            return no.why
        except (SMTPException, OSError, ValueError) as why:
            told = _told(why)
            return told.why if isinstance(told, Rejected) else AWAY
        return None

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[SMTP]:
        """One that letters may go over, and no more of it in the end than there was before."""
        known, opened = self._known, False
        client = SMTP(
            hostname=known.host,
            port=known.port,
            use_tls=known.security == "implicit",
            start_tls=False,  # asked for below, where what it says can be told apart
            tls_context=self._tls,
            # Else the name of this machine would be told, once somebody's DNS has found it.
            local_hostname=known.from_.rpartition("@")[2],
            timeout=None,  # ours is around all of it
        )
        try:
            await self._open(client)
            opened = True
        finally:
            self.reached = opened
            if not opened:
                _hang_up(client)
        try:
            yield client
        finally:
            _hang_up(client)

    async def _open(self, client: SMTP) -> None:
        await client.connect(timeout=self._patience.connect)
        if self._known.security == "starttls":
            await client.ehlo()
            if not client.supports_extension("starttls"):
                raise Rejected(NO_STARTTLS)
            await client.starttls()
        if self._tls and client.get_transport_info("sslcontext") is not self._tls:
            raise Rejected(NO_STARTTLS)
        if self._known.user:
            password = self._known.password.get_secret_value() if self._known.password else ""
            await client.login(self._known.user, password)

    async def _goodbye(self, client: SMTP) -> None:
        """Politeness: whatever comes of it, the letter was answered."""
        with suppress(SMTPException, OSError):
            async with asyncio.timeout(self._patience.goodbye):
                await client.quit()


async def _begun(client: SMTP) -> tuple[SMTPProtocol, asyncio.StreamWriter]:
    """The line, once the server waits for the letter's lines. The library's own ``data`` does not
    tell whether it failed before the final dot was written or after."""
    answer = await client.execute_command(b"DATA")
    line, transport = client.protocol, client.transport
    if answer.code != _GO_ON:
        raise SMTPResponseException(answer.code, answer.message)
    if line is None or not isinstance(transport, asyncio.WriteTransport):
        raise SMTPServerDisconnected("gone")
    transport.set_write_buffer_limits(high=0)  # so that waiting is for all of it
    return line, asyncio.StreamWriter(transport, line, None, asyncio.get_running_loop())


def _taken(answer: SMTPResponse) -> None:
    """What the server said when it had all of it."""
    if answer.code // 100 in (4, 5):
        raise _told(SMTPResponseException(answer.code, answer.message))
    if answer.code // 100 != 2:
        raise InDoubt


def _told(why: BaseException) -> Undelivered | Rejected:
    """What went wrong before all of it was handed over: to be tried again, or to be mended."""
    if _is_false(why):
        return Rejected(FALSE)
    if isinstance(why, SMTPResponseException):
        if why.code // 100 != 5:
            return Undelivered()
        return Rejected(UNKNOWN if isinstance(why, SMTPAuthenticationError) else REFUSED)
    # Nothing else of the library's is so plain: no way to log in that both of us know.
    return Rejected(UNKNOWN) if type(why) is SMTPException else Undelivered()


def _is_false(why: BaseException | None) -> bool:
    """Whether a certificate did not hold, somewhere at the root of it."""
    while why is not None:
        if isinstance(why, ssl.SSLCertVerificationError):
            return True
        why = why.__cause__ or why.__context__
    return False


def _hang_up(client: SMTP) -> None:
    """At once: to close in good order would wait for whoever does not answer."""
    transport = client.transport
    client.close()
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


def _trusting(ca: str) -> ssl.SSLContext:
    """Whose certificates hold: a private CA's alone where one is named, else all that are known
    here."""
    try:
        return ssl.create_default_context(cadata=ca or None)
    except ssl.SSLError:
        raise CannotStart(
            "[mail] ca holds no certificate that can be read: put the CA's own there, in PEM."
        ) from None
