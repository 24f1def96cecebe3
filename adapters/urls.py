"""Addresses that are asked for are forgotten with the request.

yarl, with which aiohttp reads addresses, keeps the last hundred and more of them, whole: on a platform
whose addresses name people, rooms and acts that is a list of who was here, for as long as nobody else is.
What one costs to read anew is some microseconds.
"""

from typing import Any

import yarl._parse
import yarl._url

#: What reads a whole address, by where it is looked up. Those that read a host's name may keep it.
KEEPING = (
    (yarl._parse, ("split_url",)),
    (
        yarl._url,
        ("split_url", "encode_url", "pre_encoded_url", "build_pre_encoded_url", "from_parts"),
    ),
)


def keep_none() -> None:
    """From now on, in this process."""
    for module, names in KEEPING:
        for name in names:
            reads: Any = getattr(module, name)
            setattr(module, name, getattr(reads, "__wrapped__", reads))
            if hasattr(reads, "cache_clear"):
                reads.cache_clear()
