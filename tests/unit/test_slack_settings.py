"""[slack] and [http]: a socket for one workspace, HTTP for many; what is wrong is one sentence."""

from pathlib import Path

import pytest

from bot.settings import CannotStart, Settings, load, platforms

SOCKET = '[slack]\nbot_token = "xoxb-Tr0ub4dor"\napp_token = "xapp-Tr0ub4dor"\n'
HTTP = '[slack]\nmode = "http"\nsigning_secret = "Tr0ub4dor"\n'
MANY = HTTP + 'client_id = "1.2"\nclient_secret = "Tr0ub4dor"\n'


def written(file: Path, text: str) -> Settings:
    file.write_text(text, "utf-8")
    known = load(file)
    assert known.slack is not None
    assert "Tr0ub4dor" not in repr(known)
    return known


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


def test_two_tokens_are_enough_for_a_socket(file: Path) -> None:
    known = written(file, SOCKET)
    assert known.slack
    assert (known.slack.mode, known.slack.token) == ("socket", "xoxb-Tr0ub4dor")
    assert (known.slack.api_url, known.slack.command_prefix) == ("https://slack.com/api/", "")
    assert platforms(known, file, None) == {"slack"}


def test_over_http_one_workspace_has_a_token_and_many_an_app(file: Path) -> None:
    one = written(file, HTTP + 'bot_token = "xoxb-Tr0ub4dor"\n')
    assert one.slack
    assert (one.slack.client_id, one.http.host, one.http.port) == ("", "127.0.0.1", 8080)
    many = written(file, MANY + '[http]\nhost = "10.0.0.7"\nport = 9000\n')
    assert many.slack
    assert (many.slack.client_id, many.slack.token) == ("1.2", "")
    assert (many.http.host, many.http.port) == ("10.0.0.7", 9000)


def test_a_token_can_be_read_from_a_file_or_the_environment(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file.parent / "bot").write_text("xoxb-Tr0ub4dor\n", "utf-8")
    monkeypatch.setenv("GROUNDSWELL_SLACK__APP_TOKEN", "xapp-Tr0ub4dor")
    known = written(file, '[slack]\nbot_token_file = "bot"\n')
    assert known.slack
    assert known.slack.token == "xoxb-Tr0ub4dor"
    assert known.slack.app_token
    assert known.slack.app_token.get_secret_value() == "xapp-Tr0ub4dor"


def test_another_server_of_the_same_protocol_can_be_named(file: Path) -> None:
    for url in ("https://slack-gov.com/api", "http://127.0.0.1:9/api/", "http://localhost:9/api"):
        known = written(file, f'{SOCKET}api_url = "{url}"\n')
        assert known.slack
        assert known.slack.api_url == url.rstrip("/") + "/"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[slack]\n", "bot_token is needed"),
        ('[slack]\nbot_token = "xoxb-Tr0ub4dor"\n', "app_token is needed"),
        ('[slack]\nmode = "http"\n', "signing_secret is needed"),
        (HTTP, "client_id and client_secret"),
        (HTTP + 'client_id = "1"\n', "client_secret is needed"),
        (HTTP + 'client_secret = "Tr0ub4dor"\n', "client_id is needed"),
        (SOCKET.replace("xapp-", "xoxb-"), "app_token has a bad value"),
        (SOCKET.replace("xoxb-", "xapp-"), "bot_token has a bad value"),
        (SOCKET.replace("xoxb-", "xoxp-"), "a person's token"),
        (SOCKET.replace("xoxb-Tr0ub4dor", " "), "is empty"),
        (SOCKET.replace("xoxb-Tr0ub4dor", "<your token>"), "placeholder"),
        (SOCKET + 'mode = "pigeon"\n', "mode has a bad value"),
        (SOCKET + 'token = "1"\n', "is not a setting"),
        (SOCKET + 'api_url = "http://slack.example/api"\n', "https://"),
        (SOCKET + 'api_url = "https://slack.com/api?x=1"\n', "api_url"),
        (SOCKET + 'api_url = "https://me@slack.com/api"\n', "api_url"),
        (SOCKET + 'api_url = "https://slack.com:x/api"\n', "api_url"),
        (SOCKET + 'api_url = "nowhere"\n', "api_url"),
        (SOCKET + 'command_prefix = "Big "\n', "command_prefix"),
        (SOCKET + f'command_prefix = "{"x" * 17}"\n', "command_prefix"),
        (MANY + "[http]\nport = 70000\n", "[http] port"),
        (MANY + '[http]\nhost = ""\n', "[http] host"),
    ],
)
def test_what_is_wrong_is_one_sentence_with_its_remedy(file: Path, text: str, says: str) -> None:
    assert says in refused(file, text)


def test_no_other_variable_names_a_setting_of_slack(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(SOCKET, "utf-8")
    monkeypatch.setenv("GROUNDSWELL_SLACK__TOKEN", "1")
    with pytest.raises(CannotStart, match="GROUNDSWELL_SLACK__TOKEN names no setting"):
        load(file)
