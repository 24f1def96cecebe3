"""How a thief looks for a word: in every encoding, cut and hash, in files and in dumps of them.

``hits`` gives all that was found of some words in some places. It knows nothing of keys: what is
properly sealed is not found.
"""

import base64
import hashlib
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from shutil import copytree

Places = Mapping[str, bytes]

SHORTEST = 6  #: every form of a word has at least so many bytes
_HEAD = 8  #: of a form: so many bytes are read as one number
_SQLITE = b"SQLite format 3\0"
_HASHES = ("md5", "sha1", "sha256", "sha512", "blake2b", "blake2s")
_BESIDE = ("{0}|{{}}", "{0}:{{}}", "{0} {{}}", "{0}\0{{}}", "account\0{0}\0{{}}")
_PLATFORMS = ("sandbox", "matrix", "slack", "discord")
_TOGETHER = ("{}", *(one.format(platform) for platform in _PLATFORMS for one in _BESIDE))


def forms(word: str) -> dict[str, bytes]:
    """The bytes that would betray ``word``, each under the name of its encoding."""
    plain = word.encode()
    found = {
        "utf-8": plain,
        "lower case": word.lower().encode(),
        "upper case": word.upper().encode(),
        "utf-16-le": word.encode("utf-16-le"),
        "utf-16-be": word.encode("utf-16-be"),
        "hex": plain.hex().encode(),
        "HEX": plain.hex().upper().encode(),
    }
    for offset in range(3):
        found |= {f"base64+{offset}": _base64_at(offset, plain)}
        found |= {f"base64url+{offset}": _base64_at(offset, plain, base64.urlsafe_b64encode)}
    if word.isdecimal() and 2**32 <= int(word) < 2**63:
        number = int(word)
        found |= {
            "8 bytes": number.to_bytes(8, "big"),
            "8 bytes, little": number.to_bytes(8, "little"),
        }
    for pattern in _TOGETHER:
        for kind in _HASHES:
            digest = hashlib.new(kind, pattern.format(word).encode()).digest()
            name = f"{kind} of {pattern!r}"
            found |= {
                name: digest[:8],  # however much of it was kept
                f"{name}, hex": digest.hex()[:16].encode(),
                f"{name}, HEX": digest.hex()[:16].upper().encode(),
                f"{name}, base64": base64.b64encode(digest)[:12],
            }
    return {name: one for name, one in found.items() if len(one) >= SHORTEST}


def hits(words: Iterable[str], places: Places) -> list[str]:
    """Where any form of any word lies; says the form and the place of each."""
    wanted: dict[int, list[tuple[str, str, bytes]]] = {}
    short = []
    for word in words:
        assert len(word) >= SHORTEST, f"too short to be looked for: {word}"
        for name, form in forms(word).items():
            head = int.from_bytes(form[:_HEAD], sys.byteorder)
            with_it = short if len(form) < _HEAD else wanted.setdefault(head, [])
            with_it.append((word, name, form))
    heads, found = set(wanted), set()
    for place, content in places.items():
        near = (one for head in _near(heads, content) for one in wanted[head])
        for word, name, form in (*near, *short):
            if form in content:
                found.add(f"{word} as {name} in {place}")
    return sorted(found)


def _near(heads: set[int], content: bytes) -> set[int]:
    """Which of these heads lie there: a number is looked at for each byte, by no loop of ours."""
    found = set[int]()
    for offset in range(_HEAD):
        upto = max(len(content) - offset, 0) // _HEAD * _HEAD + offset
        found.update(heads.intersection(memoryview(content)[offset:upto].cast("Q")))
    return found


def places_of(root: Path, scratch: Path) -> dict[str, bytes]:
    """Every file under ``root`` with its name, and every SQLite database there once more as a dump.

    Works on a copy made in ``scratch``, as a thief would, also while the files are in use.
    """
    copy = copytree(root, scratch)
    found = {str(file.relative_to(copy)): file.read_bytes() for file in _files(copy)}
    found["file names"] = "\n".join(found).encode()
    databases = [name for name, content in found.items() if content.startswith(_SQLITE)]
    for name in databases:
        found[f"dump of {name}"] = b"\0".join(_dumped(copy / name))
    return found


def bytes_of(values: Iterable[object]) -> bytes:
    """As they would lie in a file."""
    return b"\0".join(one for value in values for one in _value(value))


def _files(root: Path) -> list[Path]:
    return sorted(file for file in root.rglob("*") if file.is_file())


def _dumped(file: Path) -> Iterator[bytes]:
    """What a dump shows, and every value as it is: whole even where the file splits it."""
    database = sqlite3.connect(file)
    try:
        for statement in database.iterdump():
            yield statement.encode("utf-8", "surrogatepass")
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
            for row in database.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    yield from _value(value)
    finally:
        database.close()


def _value(value: object) -> Iterator[bytes]:
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, int):
        yield value.to_bytes(8, "big", signed=True)
        yield value.to_bytes(8, "little", signed=True)
    elif isinstance(value, str):
        yield value.encode("utf-8", "surrogatepass")


def _base64_at(
    offset: int, plain: bytes, encode: Callable[[bytes], bytes] = base64.b64encode
) -> bytes:
    """The characters that stand for ``plain`` alone when ``offset`` bytes come before it."""
    first = -(-offset * 8 // 6)
    last = (offset + len(plain)) * 8 // 6
    return encode(bytes(offset) + plain)[first:last]
