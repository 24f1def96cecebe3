"""What deploy/ says to the program the program understands, and no file there holds a secret."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import CannotStart, load
from bot.settings.reading import _is_known
from tests.deploy.words import DEPLOY, texts, variables, wrong_words
from tests.fakes.settings import bare_environment as bare_environment

pytestmark = pytest.mark.usefixtures("bare_environment")

TEXTS = texts()
EXAMPLE = (DEPLOY / "groundswell.toml").read_text("utf-8")
#: How real ones begin, or look: of Slack, Discord, Matrix; a key; a password in an address.
SECRET = re.compile(
    r"\bx(?:ox[a-z]|app)-[0-9]|\b[MNO][\w-]{23,}\.[\w-]{6}\.|\bsyt_\w|\b[0-9a-f]{64}\b"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY|://[^\s:/@]+:(?!PASSWORD@|password@|CHANGE-ME@)[^\s@/]+@"
)


@pytest.mark.parametrize("name", TEXTS)
def test_every_variable_named_there_is_a_setting(name: str) -> None:
    assert [one for one in sorted(variables(TEXTS[name])) if not _is_known(one)] == []


def test_a_variable_that_is_no_setting_would_be_found() -> None:
    assert not _is_known(*variables("GROUNDSWELL_SLACK__BOTTOKEN: x"))


@pytest.mark.parametrize("name", sorted(TEXTS.keys() - {"building.lock", "requirements.lock"}))
def test_no_file_there_holds_a_secret(name: str) -> None:
    assert SECRET.findall(re.sub(r"sha256:[0-9a-f]{64}", "", TEXTS[name])) == []


@pytest.mark.parametrize(
    "planted",
    [
        "token: xoxb-17653672481-x",
        "xapp-1-A0141",
        "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs",
        "ab" * 32,
        "postgresql+asyncpg://bot:Tr0ub4dor@db/x",
    ],
)
def test_a_secret_would_be_found(planted: str) -> None:
    assert SECRET.search(planted)


@pytest.mark.parametrize("name", TEXTS)
def test_every_command_in_a_page_of_words_is_one(name: str) -> None:
    for line in re.findall(r"`((?:/[\w/.-]+/)?groundswell(?: [^`]+)?)`", TEXTS[name]):
        assert list(wrong_words(line)) == [], line


# The example ------------------------------------------------------------------------------------


def _blocks() -> Iterator[str]:
    """Every paragraph that is commented out and holds settings, without what comments it out."""
    for block in EXAMPLE.split("\n\n"):
        lines = [line.removeprefix("# ") for line in block.splitlines()]
        meant = [line for line in lines if re.match(r"\[\w+\]|\w+ = ", line)]
        if block.startswith("#") and meant:
            yield "\n".join(meant)


def test_the_example_starts_nothing_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "groundswell.toml"
    file.write_text(EXAMPLE, "utf-8")
    with pytest.raises(CannotStart) as refused:
        load(file)
    assert str(refused.value) == (
        f"{file}: [instance] name still holds a placeholder. Put the real value there."
    )


@pytest.mark.parametrize("block", list(_blocks()), ids=lambda one: one.splitlines()[0])
def test_every_part_of_the_example_is_known_and_refused_until_it_is_filled_in(
    tmp_path: Path, block: str
) -> None:
    ours = EXAMPLE.replace("CHANGE-ME", "harbour")
    url = "postgresql+asyncpg://bot:Tr0ub4dor@db.example.org/x"
    (tmp_path / "credentials").mkdir()
    for path in re.findall(r'_file = "(credentials/[\w-]+)"', block):
        (tmp_path / path).write_text(url if path.endswith("-url") else "Tr0ub4dor", "utf-8")
    file = tmp_path / "groundswell.toml"
    # A section that is there already goes on where it stands.
    drawn = f'recipient = "gsb-public-{"c5" * 32}"'
    filled = block.replace('recipient = "CHANGE-ME"', drawn).replace("CHANGE-ME", "harbour")
    ours = ours.split("\n[keys]\n")[0] if "[keys]" in block else ours
    file.write_text(f"{ours}\n{filled}\n", "utf-8")
    assert load(file)
    if "CHANGE-ME" in block:
        file.write_text(f"{ours}\n{block}\n", "utf-8")
        with pytest.raises(CannotStart, match=r"placeholder|bad value"):
            load(file)


def test_both_ways_of_slack_and_every_platform_are_in_it() -> None:
    sections = [re.findall(r"^\[(\w+)\]", block, re.M) for block in _blocks()]
    assert sections == [
        ["database", "keys"],
        ["backup"],
        ["slack"],
        ["slack", "http"],
        ["discord"],
        ["matrix"],
        ["mail"],
    ]
