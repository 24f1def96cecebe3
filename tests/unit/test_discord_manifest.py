"""The commands that Discord is told: those that are typed, where each person may use them, in five
languages; and the addresses by which it lets the bot in."""

from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.discord.manifest import LOCALES, PERMISSIONS, commands, hashed, to_guild, to_user
from bot.texts import LANGUAGES, catalogue
from tests.fakes.discord.commands import checked
from tests.fakes.world import World

WORKERS = {"grievance", "receipt", "pulse", "reps", "about", "help"}
STAFF = {"cases", "duty", "poll", "digest", "setup"}


@pytest.fixture
def told(world: World) -> dict[str, dict[str, object]]:
    made = commands(world.bot.door.commands)
    checked(made)  # raises where Discord would not take them
    return {str(one["name"]): one for one in made}


def test_all_take_theirs_along_and_staff_s_are_in_no_talk_with_others(
    told: dict[str, dict[str, object]],
) -> None:
    assert told.keys() == WORKERS | STAFF
    for name, one in told.items():
        anywhere = name in WORKERS
        assert one["integration_types"] == [0, 1], name
        assert one["contexts"] == ([0, 1, 2] if anywhere else [0, 1]), name


def test_no_command_of_a_worker_takes_a_word_and_staff_s_have_fixed_ones(
    told: dict[str, dict[str, object]],
) -> None:
    for name in WORKERS:
        assert "options" not in told[name], name
    for name in ("poll", "duty", "digest", "setup"):
        (one,) = told[name]["options"]  # type: ignore[misc]  # a list of one
        assert one["choices"], name
        assert not one["required"]


def test_every_name_and_description_is_said_in_every_language(
    told: dict[str, dict[str, object]],
) -> None:
    every = {locale for one in LANGUAGES for locale in LOCALES[one]}
    for name, one in told.items():
        for what in ("name_localizations", "description_localizations"):
            assert set(one[what]) == every, name  # type: ignore[call-overload]  # a dict
    assert LOCALES.keys() == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_commands_share_a_name_in_any_language(
    told: dict[str, dict[str, object]], language: str
) -> None:
    named = [catalogue(language).gettext(f"discord.name.{one}") for one in told]
    assert len(set(named)) == len(told)


def test_what_is_told_is_known_by_its_hash(world: World) -> None:
    one = commands(world.bot.door.commands)
    assert hashed(one) == hashed(commands(world.bot.door.commands))
    one[0]["description"] = "Another"
    assert hashed(one) != hashed(commands(world.bot.door.commands))


def test_a_server_is_asked_for_three_permissions_and_a_person_for_none() -> None:
    asked = parse_qs(urlsplit(to_guild("123456")).query)
    assert asked["permissions"] == [str(PERMISSIONS)] == [str(1024 + 2048 + 32768)]
    assert asked["scope"] == ["bot applications.commands"]
    assert asked["client_id"] == ["123456"]
    alone = parse_qs(urlsplit(to_user("123456")).query)
    assert alone["scope"] == ["applications.commands"]
    assert (alone["integration_type"], "permissions" in alone) == (["1"], False)
