"""What the systemd unit says, read as systemd reads it: sections, keys, and lists that grow."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.house.tree import ROOT

FOLDER = ROOT / "deploy" / "systemd"
UNIT = FOLDER / "groundswell.service"
DROPINS = sorted(FOLDER.glob("*.conf"))

Said = Mapping[str, Mapping[str, Sequence[str]]]


def read(file: Path) -> Said:
    """Section -> key -> every value that it was given, in their order."""
    found: dict[str, dict[str, list[str]]] = {}
    section = ""
    for line in file.read_text("utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
            found.setdefault(section, {})
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found[section].setdefault(key, []).append(value)
    return found
