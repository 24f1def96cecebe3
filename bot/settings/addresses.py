"""Addresses of servers: what one looks like, and that nobody stands between it and us.

What is said there is a token or a password, and whoever stood between would read it: it leaves this
machine by TLS alone. Asks nobody whether there is such a server.
"""

import ipaddress
import re
from urllib.parse import urlsplit

#: A name such as mail.example.org, or an IP address.
HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}")


def checked(
    url: str, example: str, *, safe: str = "https", plain: str = "http", bare: bool = False
) -> str:
    """The address without a slash at its end. ``safe``, ``plain``: the scheme that goes anywhere, and
    the one that stays here; ``bare``: it has no path. Raises ValueError: a sentence's second half."""
    such = f"must be an address such as {example}"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port  # raises for one that is none
    except ValueError:
        raise ValueError(such) from None
    if not url.isprintable() or parts.username or parts.query or parts.fragment:
        raise ValueError(f"{such}, without anything behind it")
    if bare and parts.path not in ("", "/"):
        raise ValueError(f"{such}, without anything behind it")
    if not HOST.fullmatch(host):
        raise ValueError(such)
    if parts.scheme != safe and not (parts.scheme == plain and is_loopback(host)):
        raise ValueError(f"must begin with {safe}://, or be a server on this machine")
    return url.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether what is said to ``host`` never leaves this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
