"""Settings that are read from a test's own file, and from nothing of the machine."""

import os
from pathlib import Path

import pytest


@pytest.fixture
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's own environment."""
    for name in [name for name in os.environ if name.startswith("GROUNDSWELL_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def file(tmp_path: Path, bare_environment: None) -> Path:
    """Where the settings are to be, in an environment that names none."""
    return tmp_path / "groundswell.toml"
