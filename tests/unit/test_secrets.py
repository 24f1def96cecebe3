"""No secret has a default, and what a guide writes where one belongs starts no bot.

Every secret that the settings know is found by their types, so that a new one is tried, too.
"""

import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr

from bot.settings import CannotStart, Settings, load
from bot.settings.reading import _model_of
from bot.settings.secrets import is_placeholder

#: A section that a secret can be put into: what it needs besides.
SECTIONS = {
    "database": "",
    "keys": "",
    "slack": '[slack]\nmode = "http"\nsigning_secret = "8f742231b10e"\nbot_token = "xoxb-8f7422"\n',
    "discord": '[discord]\ntoken = "MTk4.Cl2FMQ.ZnCjm"\n',
    "matrix": '[matrix]\nhomeserver = "https://matrix.example.org"\nuser_id = "@bot:example.org"\n',
    "mail": '[mail]\nhost = "mail.example.org"\nfrom = "bot@example.org"\nuser = "bot"\n',
}
PLACEHOLDERS = [
    "CHANGE-ME",
    "changeme",
    "ChangeMe",
    "CHANGE_ME_PLEASE",
    "<your-token>",
    "your-token-here",
    "YOUR_PASSWORD",
    "yourToken",
    "my-secret-password",
    "REPLACE-WITH-REAL-SECRET",
    "placeholder",
    "example",
    "password",
    "secret",
    "groundswell",
    "postgres",
    "admin",
    "Password123",
    "12345678",
    "xxxxxxxx",
    "xoxb-xxxx-xxxx",
    "xoxb-your-token",
    "xoxb-000000000000-123456789012-XXXXXXXX",
    "xapp-1-A000-your-app-token",
    "token...",
    "TODO",
]
REAL = [
    "Tr0ub4dor",
    "correct-horse-battery-staple",
    "8f742231b10e8888abcd99yyyzzz85a5",
    "xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOcHrzqqgy",
    "xapp-1-A0141-5431-9be7ea8f",
    "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs",
    "syt_Z3JvdW5k_AtXsWqRsTuVw_1qiFxz",
    "todosantos7",
    "exchange-meetings-4",
    "!§$%&/()=?",
    "pässwört-ß",
]


def _secrets(model: type[BaseModel] = Settings, path: tuple[str, ...] = ()) -> Iterator[str]:
    """The path of every setting whose type hides it; named parts of a section are of its type."""
    for name, field in model.model_fields.items():
        inner, named = _model_of(field.annotation)
        if inner and not named:
            yield from _secrets(inner, (*path, name))
        elif field.annotation is SecretStr or SecretStr in _told(field.annotation):
            yield "__".join((*path, name))


def _told(annotation: object) -> Iterator[object]:
    for one in getattr(annotation, "__args__", ()):
        yield one
        yield from _told(one)


SECRETS = tuple(_secrets())
#: Of an address the password is the secret.
ADDRESSES = {"database__url", "keys__url"}


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("GROUNDSWELL_")]:
        monkeypatch.delenv(name)
    return tmp_path / "groundswell.toml"


def _put(file: Path, environment: pytest.MonkeyPatch, secret: str, value: str) -> Settings:
    """Settings with ``value`` for this secret, as a file that holds it brings it."""
    section = secret.partition("__")[0]
    text = SECTIONS[section]
    if secret == "slack__client_secret":
        text += 'client_id = "17653672481.198"\n'
    file.write_text(text, "utf-8")
    held = file.parent / "held"
    held.write_text(_as(secret, value), "utf-8")
    environment.setenv(f"GROUNDSWELL_{secret.upper()}_FILE", str(held))
    return load(file)


def _as(secret: str, value: str) -> str:
    return f"postgresql+asyncpg://bot:{value}@db.example.org/x" if secret in ADDRESSES else value


def test_the_secrets_are_all_there() -> None:
    """What is looked for is found: else nothing below would be tried."""
    assert set(SECRETS) == ADDRESSES | {
        "slack__bot_token",
        "slack__app_token",
        "slack__signing_secret",
        "slack__client_secret",
        "discord__token",
        "matrix__password",
        "matrix__access_token",
        "mail__password",
    }


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_has_a_default(secret: str) -> None:
    model: type[BaseModel] = Settings
    *sections, name = secret.split("__")
    for section in sections:
        inner, _ = _model_of(model.model_fields[section].annotation)
        assert inner is not None
        model = inner
    field = model.model_fields[name]
    assert field.is_required() or field.default is None


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("value", ["CHANGE-ME", "xoxb-your-token", "password"])
def test_a_placeholder_for_any_secret_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch, secret: str, value: str
) -> None:
    if (secret, value) == ("slack__app_token", "xoxb-your-token"):
        value = "xapp-your-token"
    with pytest.raises(CannotStart) as refused:
        _put(file, monkeypatch, secret, value)
    section, _, key = secret.partition("__")
    assert str(refused.value) == (
        f"{file}: [{section}] {key} still holds a placeholder. Put the real value there."
    )


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("value", ["", " ", "\n"])
def test_an_empty_secret_is_refused_and_never_taken_for_none(
    file: Path, monkeypatch: pytest.MonkeyPatch, secret: str, value: str
) -> None:
    section, _, key = secret.partition("__")
    file.write_text(SECTIONS[section], "utf-8")
    monkeypatch.setenv(f"GROUNDSWELL_{secret.upper()}", value)
    with pytest.raises(CannotStart) as refused:
        load(file)
    assert f"[{section}] {key}" in str(refused.value)
    assert "is empty: set it, or remove it" in str(refused.value)


@pytest.mark.parametrize("secret", SECRETS)
def test_a_real_one_is_taken(file: Path, monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    real = "xapp-1-A0141-9be7" if secret == "slack__app_token" else "Tr0ub4dor"
    known: object = _put(file, monkeypatch, secret, real)
    for step in secret.split("__"):
        known = getattr(known, step)
    assert isinstance(known, SecretStr)
    assert known.get_secret_value() == _as(secret, real)


@pytest.mark.parametrize("secret", sorted(ADDRESSES))
def test_an_address_whose_password_was_left_out_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    """As where a variable in it was not set. Where nothing stands there, another way in is meant."""
    with pytest.raises(CannotStart, match="has no password behind the colon"):
        _put(file, monkeypatch, secret, "")
    for bare in ("//bot@db.example.org/x", "///x", "//postgres:@/x?host=/run/postgresql"):
        monkeypatch.setenv(f"GROUNDSWELL_{secret.upper()}", f"postgresql+asyncpg:{bare}")
        monkeypatch.delenv(f"GROUNDSWELL_{secret.upper()}_FILE", raising=False)
        assert load(file)


@pytest.mark.parametrize("value", PLACEHOLDERS)
def test_what_guides_write_is_a_placeholder(value: str) -> None:
    assert is_placeholder(SecretStr(value))
    assert is_placeholder(SecretStr(_as("database__url", value)))


@pytest.mark.parametrize("value", REAL)
def test_what_is_drawn_by_chance_or_thought_of_is_none(value: str) -> None:
    assert not is_placeholder(SecretStr(value))


@pytest.mark.parametrize("drawn", [secrets.token_hex, secrets.token_urlsafe])
def test_what_a_machine_draws_is_never_taken_for_a_placeholder(
    drawn: Callable[[int], str],
) -> None:
    assert not any(is_placeholder(SecretStr(drawn(24))) for _ in range(2_000))


@pytest.mark.parametrize(
    "words", ["password", "the real secret", "example", "12345", "Groundswell"]
)
def test_only_secrets_may_not_be_plain_words(words: str) -> None:
    assert is_placeholder(SecretStr(words))
    assert not is_placeholder(words)
