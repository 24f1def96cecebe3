"""[matrix]: one account, further ones by name; what is wrong is one sentence with its remedy."""

from pathlib import Path

import pytest

from bot.settings import CannotStart, Matrix, load, platforms, where

SERVER, USER = 'homeserver = "https://matrix.example.org"\n', 'user_id = "@bot:example.org"\n'
SECOND = SERVER + USER.replace("bot", "second")
PASSWORD = 'password = "Tr0ub4dor"\n'
TOKEN = 'access_token = "syt_Tr0ub4dor"\n'
WHOLE = f"[matrix]\n{SERVER}{USER}{PASSWORD}"


def written(file: Path, text: str) -> Matrix:
    file.write_text(text, "utf-8")
    known = load(file).matrix
    assert known is not None
    return known


def refused(file: Path, text: str) -> str:
    """The sentence, which names the file and repeats no secret."""
    file.write_text(text, "utf-8")
    with pytest.raises(CannotStart) as reason:
        where(load(file), file)
    said = str(reason.value)
    assert str(file) in said
    assert "Tr0ub4dor" not in said
    assert "\n" not in said
    assert said.endswith(".")
    return said


# What is given ----------------------------------------------------------------------------------


def test_three_lines_are_enough(file: Path) -> None:
    known = written(file, WHOLE)
    assert (known.homeserver, known.user_id) == ("https://matrix.example.org", "@bot:example.org")
    assert (known.device_name, known.command_prefix) == ("Groundswell", "!")
    assert known.password is not None
    assert (known.password.get_secret_value(), known.access_token) == ("Tr0ub4dor", None)
    assert list(known.every) == ["main"]


def test_what_encryption_remembers_lies_beside_the_settings_unless_told(file: Path) -> None:
    assert written(file, WHOLE).state_dir == file.parent / "matrix"
    assert written(file, f'{WHOLE}state_dir = "s/m"\n').state_dir == file.parent / "s" / "m"
    assert written(file, f'{WHOLE}state_dir = "/srv/m"\n').state_dir == Path("/srv/m")


def test_a_token_does_instead_of_a_password(file: Path) -> None:
    known = written(file, f"[matrix]\n{SERVER}{USER}{TOKEN}")
    assert known.access_token is not None
    assert (known.password, known.access_token.get_secret_value()) == (None, "syt_Tr0ub4dor")


def test_further_accounts_have_names_and_the_same_keys(file: Path) -> None:
    more = f'[matrix.accounts.north-2]\n{SECOND}{TOKEN}state_dir = "n"\ncommand_prefix = "?"\n'
    known = written(file, WHOLE + more)
    assert list(known.every) == ["main", "north-2"]
    north = known.every["north-2"]
    assert (north.user_id, north.command_prefix) == ("@second:example.org", "?")
    assert north.state_dir == file.parent / "n"
    assert known.every["main"].user_id == "@bot:example.org"


def test_no_secret_is_ever_shown(file: Path) -> None:
    known = written(file, f"{WHOLE}[matrix.accounts.two]\n{SECOND}{TOKEN}")
    for shown in (repr(known), str(known.model_dump()), repr(known.every)):
        assert "Tr0ub4dor" not in shown


def test_its_section_makes_it_a_platform_to_run(file: Path) -> None:
    written(file, WHOLE)
    assert platforms(load(file), file, None) == {"matrix"}
    file.write_text(f"{WHOLE}[sandbox]\n", "utf-8")
    assert platforms(load(file), file, None) == {"matrix", "sandbox"}
    assert platforms(load(file), file, "matrix") == {"matrix"}
    with pytest.raises(CannotStart, match="--only names slack"):
        platforms(load(file), file, "matrix,slack")


def test_secrets_may_lie_in_files_of_every_account(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two", "three"):
        (file.parent / name).write_text(f"secret {name}\n", "utf-8")
    first = WHOLE.replace(PASSWORD, 'password_file = "one"\n')
    second = f'[matrix.accounts.two]\n{SECOND}access_token_file = "two"\n'
    third = f"[matrix.accounts.three]\n{SERVER}{USER.replace('bot', 'third')}"
    monkeypatch.setenv("GROUNDSWELL_MATRIX__ACCOUNTS__THREE__PASSWORD_FILE", "three")
    every = written(file, first + second + third).every
    secrets = [one.password or one.access_token for one in every.values()]
    assert [one.get_secret_value() for one in secrets if one] == [
        "secret one",
        "secret two",
        "secret three",
    ]


def test_the_environment_reaches_every_account(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDSWELL_MATRIX__PASSWORD", "from outside")
    monkeypatch.setenv("GROUNDSWELL_MATRIX__ACCOUNTS__TWO__DEVICE_NAME", "Two")
    known = written(file, f"{WHOLE}[matrix.accounts.two]\n{SECOND}{TOKEN}")
    assert known.password is not None
    assert known.password.get_secret_value() == "from outside"
    assert known.every["two"].device_name == "Two"


@pytest.mark.parametrize(
    "name",
    [
        "GROUNDSWELL_MATRIX",
        "GROUNDSWELL_MATRIX__NONSENSE",
        "GROUNDSWELL_MATRIX__ACCOUNTS",
        "GROUNDSWELL_MATRIX__ACCOUNTS__TWO",
        "GROUNDSWELL_MATRIX__ACCOUNTS__TWO__NONSENSE",
        "GROUNDSWELL_MATRIX__ACCOUNTS__TWO__PASSWORD__MORE",
        "GROUNDSWELL_MATRIX__ACCOUNTS____PASSWORD",
    ],
)
def test_a_variable_that_names_nothing_of_it_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "x")
    file.write_text(WHOLE, "utf-8")
    with pytest.raises(CannotStart, match=name):
        load(file)


# What is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["localhost:8008", "127.0.0.1:8008", "127.9.9.9", "[::1]:8008"])
def test_a_server_on_this_machine_may_be_asked_in_plain(file: Path, host: str) -> None:
    plain = WHOLE.replace("https://matrix.example.org", f"http://{host}")
    assert written(file, plain).homeserver == f"http://{host}"


def test_a_slash_behind_the_address_does_no_harm(file: Path) -> None:
    slash = WHOLE.replace("example.org", "example.org:8448/", 1)
    assert written(file, slash).homeserver == "https://matrix.example.org:8448"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("homeserver", "http://matrix.example.org"),
        ("homeserver", "http://10.0.0.1"),
        ("homeserver", "http://localhost.example.org"),
        ("homeserver", "ftp://matrix.example.org"),
        ("homeserver", "matrix.example.org"),
        ("homeserver", "https://matrix.example.org/_matrix/client"),
        ("homeserver", "https://matrix.example.org?x=1"),
        ("homeserver", "https://matrix.example.org#x"),
        ("homeserver", "https://bot:Tr0ub4dor@matrix.example.org"),
        ("homeserver", "https://matrix.example.org:port"),
        ("homeserver", "https://matrix.example.org:99999"),
        ("homeserver", "https://matrix example.org"),
        ("homeserver", "https://matrix.example.org\\nx"),
        ("homeserver", "https://"),
        ("homeserver", ""),
        ("user_id", "bot"),
        ("user_id", "@bot"),
        ("user_id", "bot:example.org"),
        ("user_id", "@:example.org"),
        ("user_id", "@bot:"),
        ("user_id", "@b ot:example.org"),
        ("user_id", "@bot:exa mple.org"),
        ("user_id", "@bot:example.org:port"),
        ("user_id", "@bot:example.org\\n"),
        ("user_id", f"@{'b' * 250}:example.org"),
        ("password", ""),
        ("device_name", ""),
        ("device_name", "  "),
        ("device_name", "x\\u0007"),
        ("device_name", "x" * 101),
        ("command_prefix", ""),
        ("command_prefix", "bot"),
        ("command_prefix", "!!!!"),
        ("command_prefix", "! "),
        ("command_prefix", "1"),
    ],
)
def test_a_bad_value_is_named_with_what_would_do(file: Path, key: str, value: str) -> None:
    known = {"homeserver": SERVER, "user_id": USER, "password": PASSWORD}
    lines = "".join(line for name, line in known.items() if name != key)
    for head, place in (("[matrix]\n", "[matrix]"), (f"{WHOLE}[matrix.accounts.two]\n", "two]")):
        other = lines.replace("@bot", "@other")
        said = refused(file, f'{head}{other}{key} = "{value}"\n')
        assert f"{place} {key} has a bad value" in said
        assert "Value error" not in said


@pytest.mark.parametrize("secrets", ["", PASSWORD + TOKEN])
def test_one_of_password_and_token_is_wanted_and_not_both(file: Path, secrets: str) -> None:
    said = refused(file, f"[matrix]\n{SERVER}{USER}{secrets}")
    assert "[matrix] access_token has a bad value" in said
    assert "is needed, or password, and only one of them" in said


@pytest.mark.parametrize("missing", [SERVER, USER])
def test_what_is_missing_is_named(file: Path, missing: str) -> None:
    key = missing.split(" ")[0]
    assert f"[matrix] {key} is missing. Add it." in refused(file, WHOLE.replace(missing, ""))


@pytest.mark.parametrize("name", ["main", "North", "a_b", "../../etc", "x" * 33, "-x", "ä"])
def test_a_name_that_cannot_be_a_files_is_refused(file: Path, name: str) -> None:
    said = refused(file, f'{WHOLE}[matrix.accounts."{name}"]\n{SECOND}{TOKEN}')
    assert "[matrix] accounts has a bad value" in said
    assert "small letters, digits and dashes" in said


def test_two_accounts_are_two_users(file: Path) -> None:
    said = refused(file, f"{WHOLE}[matrix.accounts.two]\n{SERVER}{USER}{TOKEN}")
    assert "two of its accounts have the same user_id" in said


@pytest.mark.parametrize("place", ["data", "data/matrix", "keys", "keys/matrix", "x/../keys"])
def test_what_encryption_remembers_lies_in_no_folder_that_is_copied(file: Path, place: str) -> None:
    said = refused(file, f'{WHOLE}state_dir = "{place}"\n')
    assert "[matrix] state_dir lies inside the folder of the data or of the keys" in said
    assert said.endswith("put it elsewhere.")
    more = f'[matrix.accounts.two]\n{SECOND}{TOKEN}state_dir = "{place}"\n'
    assert "state_dir" in refused(file, WHOLE + more)


def test_an_unknown_key_of_an_account_is_named(file: Path) -> None:
    said = refused(file, f"{WHOLE}[matrix.accounts.two]\n{SECOND}{TOKEN}sever = 1\n")
    assert "[matrix.accounts.two] sever is not a setting" in said


@pytest.mark.parametrize(
    "line", ['password = "CHANGE ME"\n', 'password = "<password>"\n', 'password = "..."\n']
)
def test_a_placeholder_is_named_wherever_it_stands(file: Path, line: str) -> None:
    first = WHOLE.replace(PASSWORD, line)
    assert "[matrix] password still holds a placeholder" in refused(file, first)
    more = f"{WHOLE}[matrix.accounts.two]\n{SECOND}{line}"
    assert "[matrix.accounts.two] password still holds a placeholder" in refused(file, more)


def test_a_secret_file_of_an_account_that_is_not_there_is_named(file: Path) -> None:
    said = refused(file, f'{WHOLE}[matrix.accounts.two]\n{SECOND}password_file = "nowhere"\n')
    assert str(file.parent / "nowhere") in said
