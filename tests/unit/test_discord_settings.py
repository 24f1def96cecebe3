"""[discord]: a token is enough; what is wrong is one sentence that repeats no secret."""

from pathlib import Path

import pytest

from bot.settings import CannotStart, Discord, Settings, load, platforms

TOKEN = 'token = "Tr0ub4dor.x-_.y"\n'
ONE = "[discord]\n" + TOKEN


def written(file: Path, text: str) -> tuple[Discord, Settings]:
    file.write_text(text, "utf-8")
    known = load(file)
    assert known.discord is not None
    assert "Tr0ub4dor" not in repr(known)
    return known.discord, known


def refused(file: Path, text: str) -> str:
    """The sentence, which names the file and repeats no secret."""
    file.write_text(text, "utf-8")
    with pytest.raises(CannotStart) as reason:
        load(file)
    said = str(reason.value)
    assert str(file) in said
    assert "Tr0ub4dor" not in said
    assert "\n" not in said
    assert said.endswith(".")
    return said


def test_a_token_is_enough(file: Path) -> None:
    discord, known = written(file, ONE)
    assert discord.token.get_secret_value() == "Tr0ub4dor.x-_.y"
    assert (discord.api_url, discord.gateway_url) == ("https://discord.com/api/v10", "")
    assert (discord.guilds, discord.shards.count, discord.shards.ids) == ((), 0, ())
    assert platforms(known, file, None) == {"discord"}


def test_the_token_can_be_read_from_a_file_or_the_environment(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file.parent / "token").write_text("Tr0ub4dor.a.b\n", "utf-8")
    discord, _ = written(file, '[discord]\ntoken_file = "token"\n')
    assert discord.token.get_secret_value() == "Tr0ub4dor.a.b"
    monkeypatch.setenv("GROUNDSWELL_DISCORD__TOKEN", "Tr0ub4dor.c.d")
    monkeypatch.setenv("GROUNDSWELL_DISCORD__SHARDS__COUNT", "4")
    discord, _ = written(file, "")
    assert (discord.token.get_secret_value(), discord.shards.count) == ("Tr0ub4dor.c.d", 4)


def test_places_are_cut_into_shards_of_which_a_process_has_some(file: Path) -> None:
    discord, _ = written(file, ONE + "[discord.shards]\ncount = 4\nids = [1, 3]\n")
    assert (discord.shards.count, discord.shards.ids) == (4, (1, 3))


def test_their_count_alone_is_enough_and_ids_may_stand_without_quotes(file: Path) -> None:
    discord, _ = written(file, ONE + "shards = 4\nguilds = [123456]\napplication_id = 234567\n")
    assert (discord.shards.count, discord.shards.ids) == (4, ())
    assert (discord.guilds, discord.application_id) == (("123456",), "234567")


@pytest.mark.parametrize(
    ("shards", "says"),
    [
        ("ids = [0]", "count is needed"),
        ("count = 2\nids = [2]", "ids must lie between 0 and 1"),
        ("count = 2\nids = [-1]", "ids must lie between"),
        ("count = 2\nids = [1, 1]", "twice"),
        ("count = -1", "greater than or equal to 0"),
        ("number = 3", "number"),
    ],
)
def test_shards_that_do_not_fit_together_are_refused(file: Path, shards: str, says: str) -> None:
    assert says in refused(file, f"{ONE}[discord.shards]\n{shards}\n")


def test_another_server_of_the_same_protocol_can_be_named(file: Path) -> None:
    more = 'api_url = "http://127.0.0.1:9/api/v10/"\ngateway_url = "ws://localhost:9/gateway"\n'
    discord, _ = written(file, ONE + more)
    assert discord.api_url == "http://127.0.0.1:9/api/v10"
    assert discord.gateway_url == "ws://localhost:9/gateway/"


@pytest.mark.parametrize(
    "line",
    [
        'api_url = "http://discord.example.org/api"',
        'api_url = "ftp://127.0.0.1/api"',
        'api_url = "https://user@discord.com/api"',
        'api_url = "https://discord.com/api?x=1"',
        'api_url = "nonsense"',
        'gateway_url = "ws://gateway.example.org/"',
        'gateway_url = "https://gateway.discord.gg/"',
        'gateway_url = "wss://gateway.discord.gg/#x"',
    ],
)
def test_an_address_where_others_could_read_the_token_is_refused(file: Path, line: str) -> None:
    assert "must b" in refused(file, f"{ONE}{line}\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[discord]\n", "token"),
        ('[discord]\ntoken = " "\n', "is empty"),
        ('[discord]\ntoken = "Bot Tr0ub4dor"\n', "is no bot token"),
        ('[discord]\ntoken = "Tr0ub4dor\u00e9 x"\n', "is no bot token"),
        (ONE + 'application_id = "harbour"\n', "must be a number"),
        (ONE + 'guilds = ["harbour"]\n', "must be numbers"),
        (ONE + 'prefix = "!"\n', "prefix"),
    ],
)
def test_what_is_wrong_is_named(file: Path, text: str, says: str) -> None:
    assert says in refused(file, text)


def test_only_some_servers_can_be_served(file: Path) -> None:
    discord, _ = written(file, ONE + 'guilds = ["123456789012345678"]\n')
    assert discord.guilds == ("123456789012345678",)
