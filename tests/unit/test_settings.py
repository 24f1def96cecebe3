"""Settings are read from one place, and what is wrong with them is one sentence with its remedy."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.domain.communities import LANGUAGES
from bot.settings import CannotStart, Ops, Settings, load, platforms, typed, where
from bot.wiring import installation

SECRET = "postgresql+asyncpg://bot:Tr0ub4dor@db.example/groundswell"


MAIL = '[mail]\nhost = "mail.example.org"\nfrom = "bot@example.org"\n'


def written(file: Path, text: str) -> Settings:
    file.write_text(text, "utf-8")
    return load(file)


def refused(file: Path, text: str) -> str:
    """The sentence, which is one line and names the file."""
    with pytest.raises(CannotStart) as reason:
        known = written(file, text)
        where(known, file)
    said = str(reason.value)
    assert str(file) in said
    assert "\n" not in said
    assert said.endswith(".")
    return said


# What is given ----------------------------------------------------------------------------------


MATRIX = '[matrix]\nhomeserver = "https://m.example"\nuser_id = "@b:m.example"\npassword = "hush"\n'


@pytest.mark.parametrize(
    ("sections", "way"),
    [
        ("", "/setup"),
        ("[sandbox]\n", "/setup"),
        (MATRIX, "!setup"),
        (f'{MATRIX}command_prefix = "?"\n', "?setup"),
        ('[discord]\ntoken = "a.b.c"\n[sandbox]\n', "/setup"),
        (f"[sandbox]\n{MATRIX}", "/setup (on Sandbox) or !setup (on Matrix)"),
    ],
)
def test_a_command_is_told_as_it_is_typed_where_the_bot_is(
    file: Path, sections: str, way: str
) -> None:
    assert typed(written(file, sections), "setup") == way


def test_an_empty_file_is_all_defaults(file: Path) -> None:
    known = written(file, "")
    assert (known.instance.name, known.instance.language) == ("Groundswell", "en")
    assert (known.sandbox, known.log.level, known.log.format) == (None, "info", "console")


def test_what_the_file_says_holds(file: Path) -> None:
    known = written(
        file,
        '[instance]\nname = "Harbour"\noperator = "Harbour union"\n'
        '[sandbox]\nport = 9000\n[log]\nlevel = "error"\nformat = "json"\n',
    )
    assert (known.instance.name, known.instance.operator) == ("Harbour", "Harbour union")
    assert known.sandbox is not None
    assert (known.sandbox.port, known.log.level, known.log.format) == (9000, "error", "json")


@pytest.mark.parametrize("language", LANGUAGES)
def test_strangers_are_answered_in_any_language_there_is(file: Path, language: str) -> None:
    assert (
        installation(written(file, f'[instance]\nlanguage = "{language}"\n')).language == language
    )


@pytest.mark.parametrize("language", ["tlh", "", "EN", "de-DE", "english"])
def test_a_language_that_is_not_there_is_refused_with_those_that_are(
    file: Path, language: str
) -> None:
    said = refused(file, f'[instance]\nlanguage = "{language}"\n')
    assert "[instance] language has a bad value" in said
    assert f"must be one of {', '.join(LANGUAGES)}." in said


def test_the_environment_goes_before_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDSWELL_INSTANCE__NAME", "From the environment")
    monkeypatch.setenv("GROUNDSWELL_SANDBOX__PORT", "9001")
    known = written(file, '[instance]\nname = "From the file"\ncontact = "post@example.org"\n')
    assert known.instance.name == "From the environment"
    assert known.instance.contact == "post@example.org"
    assert known.sandbox is not None
    assert known.sandbox.port == 9001


def test_a_secret_may_lie_in_a_file_of_its_own(file: Path) -> None:
    (file.parent / "url").write_text(f"{SECRET}\n", "utf-8")
    known = written(file, '[database]\nurl_file = "url"\n')
    assert known.database.url is not None
    assert known.database.url.get_secret_value() == SECRET


def test_the_environment_may_name_such_a_file_too(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "url").write_text(SECRET, "utf-8")
    monkeypatch.setenv("GROUNDSWELL_DATABASE__URL_FILE", str(tmp_path / "url"))
    file.write_text('[database]\nurl = "sqlite+aiosqlite:///other.db"\n', "utf-8")
    for _ in range(2):  # read once more: the same
        url = load(file).database.url
        assert url is not None
        assert url.get_secret_value() == SECRET


def test_secrets_show_as_stars_and_nothing_can_be_changed(file: Path) -> None:
    known = written(file, f'[database]\nurl = "{SECRET}"\n[keys]\nurl = "{SECRET}"\n')
    for shown in (repr(known), str(known), str(known.model_dump())):
        assert "Tr0ub4dor" not in shown
    with pytest.raises(ValidationError):
        known.instance.name = "changed"
    with pytest.raises(ValidationError):
        known.log = known.log


def test_paths_start_at_the_file_s_own_folder(file: Path) -> None:
    place = where(written(file, '[instance]\ndata_dir = "d"\n[keys]\ndir = "k"\n'), file)
    assert (place.data, place.keys) == (file.parent / "d", file.parent / "k")
    assert place.database == f"sqlite+aiosqlite:///{file.parent}/d/groundswell.db"
    assert place.key_store == f"sqlite+aiosqlite:///{file.parent}/k/keys.db"


def test_addresses_that_are_given_are_used(file: Path) -> None:
    place = where(written(file, f'[database]\nurl = "{SECRET}"\n'), file)
    assert place.database == SECRET
    assert place.key_store.endswith("/keys/keys.db")


# What is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("database", "keys", "shared"),
    [
        ("", "", False),
        ("postgresql+asyncpg://one/a", "", False),
        ("", "postgresql+asyncpg://one/b", False),
        ("postgresql+asyncpg://one/a", "postgresql+asyncpg://one/b", True),
        ("postgresql+asyncpg://one/a", "sqlite+aiosqlite:////srv/keys.db", False),
    ],
)
def test_only_where_both_lie_on_a_server_may_several_processes_run(
    file: Path, database: str, keys: str, shared: bool
) -> None:
    lines = [f'[database]\nurl = "{database}"'] if database else []
    lines += [f'[keys]\nurl = "{keys}"'] if keys else []
    file.write_text("\n".join(lines))
    assert where(load(file), file).shared is shared


def test_the_operators_listener_is_on_this_machine_unless_told(file: Path) -> None:
    file.write_text("[ops]\nport = 9000")
    ops = load(file).ops
    assert ops is not None
    assert (ops.host, ops.port, Ops().port) == ("127.0.0.1", 9000, 8081)


@pytest.mark.parametrize("only", [None, "sandbox", " sandbox "])
def test_what_is_enabled_runs(file: Path, only: str | None) -> None:
    file.write_text("[sandbox]")
    assert platforms(load(file), file, only) == {"sandbox"}


@pytest.mark.parametrize("only", [None, "sandbox", ""])
def test_nothing_enabled_is_nothing_to_run(file: Path, only: str | None) -> None:
    file.write_text("")
    with pytest.raises(CannotStart, match="names no platform: add the section"):
        platforms(load(file), file, only)


def test_a_file_that_is_not_there_says_how_to_make_one(file: Path) -> None:
    with pytest.raises(CannotStart) as reason:
        load(file)
    assert str(file) in str(reason.value)
    assert "groundswell init" in str(reason.value)
    assert "--config" in str(reason.value)


def test_a_folder_in_its_place_cannot_be_read(file: Path) -> None:
    file.mkdir()
    with pytest.raises(CannotStart) as reason:
        load(file)
    assert str(file) in str(reason.value)


@pytest.mark.parametrize("text", ["[instance", "name = ", "= 3", '[instance]\nname = "x'])
def test_what_is_not_toml_names_the_place(file: Path, text: str) -> None:
    said = refused(file, text)
    assert "line 1" in said or "line 2" in said or "end of document" in said
    assert "Mend" in said


def test_what_is_not_even_text_is_refused(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00[")
    with pytest.raises(CannotStart, match="not valid TOML"):
        load(file)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[instance]\nnmae = "x"\n', "[instance] nmae"),
        ('[instanse]\nname = "x"\n', "[instanse]"),
        ("[sandbox]\nport = 1\nhost = 'x'\n", "[sandbox] host"),
        (f"{MAIL}starttls = true\n", "[mail] starttls"),
        ('name = "x"\n', "[name]"),
        ('[log]\nlevle_file = "x"\n', "[log] levle"),
    ],
)
def test_an_unknown_key_is_named(file: Path, text: str, key: str) -> None:
    (file.parent / "x").write_text("info", "utf-8")
    said = refused(file, text)
    assert key in said
    assert "Remove it, or check its spelling." in said


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[sandbox]\nport = 70000\n", "[sandbox] port"),
        ("[sandbox]\nport = -1\n", "[sandbox] port"),
        ('[sandbox]\nport = "soon"\n', "[sandbox] port"),
        ("[ops]\nport = 70000\n", "[ops] port"),
        ('[ops]\nhost = ""\n', "[ops] host"),
        ('[log]\nlevel = "debug"\n', "[log] level"),
        ('[log]\nformat = "xml"\n', "[log] format"),
        ("[instance]\nname = 7\n", "[instance] name"),
        ("[instance]\nname = []\n", "[instance] name"),
        ('[database]\nurl = "mysql://db/x"\n', "[database] url"),
        ('[database]\nurl = "postgresql://db/x"\n', "[database] url"),
        ('[keys]\nurl = "redis://x"\n', "[keys] url"),
        ('[mail]\nhost = "mail.example.org\\nx"\nfrom = "bot@example.org"\n', "[mail] host"),
        ('[mail]\nhost = "smtp://mail"\nfrom = "bot@example.org"\n', "[mail] host"),
        ('[mail]\nhost = ""\nfrom = "bot@example.org"\n', "[mail] host"),
        ('[mail]\nhost = "mail"\nfrom = "Bot <bot@example.org>"\n', "[mail] from"),
        ('[mail]\nhost = "mail"\nfrom = "bot@example.org\\nBcc: x@y"\n', "[mail] from"),
        ('[mail]\nhost = "mail"\nfrom = "bot"\n', "[mail] from"),
        (f"{MAIL}port = 0\n", "[mail] port"),
        (f'{MAIL}tls = "ssl"\n', "[mail] tls"),
        (f'{MAIL}tls = "none"\n', "[mail] tls"),
        (f'{MAIL}password = "hush"\n', "[mail] password"),
        (f'{MAIL}ca = "ca.pem"\n', "[mail] ca"),
        ('instance = "x"\n', "[instance]"),
        ("[[sandbox]]\nport = 1\n", "[sandbox]"),
    ],
)
def test_a_bad_value_is_named_with_what_would_do(file: Path, text: str, key: str) -> None:
    said = refused(file, text)
    assert f"{key} has a bad value" in said
    assert "Mend" in said


def test_a_bad_value_is_never_repeated(file: Path) -> None:
    assert "Tr0ub4dor" not in refused(file, '[database]\nurl = "mysql://bot:Tr0ub4dor@db/x"\n')
    assert "Tr0ub4dor" not in refused(file, '[sandbox]\nport = "Tr0ub4dor"\n')
    assert "Tr0ub4dor" not in refused(file, f'{MAIL}password = "Tr0ub4dor"\n')


def test_without_its_section_there_is_no_mail(file: Path) -> None:
    file.write_text("[sandbox]\n", "utf-8")
    assert load(file).mail is None


def test_mail_goes_over_starttls_unless_the_settings_say_otherwise(file: Path) -> None:
    file.write_text(MAIL, "utf-8")
    mail = load(file).mail
    assert mail is not None
    assert (mail.port, mail.security, mail.user, mail.password) == (587, "starttls", "", None)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.1", "::1"])
def test_mail_may_go_in_plain_on_this_machine_alone(file: Path, host: str) -> None:
    section = f'[mail]\nhost = "{host}"\nfrom = "bot@example.org"\ntls = "none"\n'
    file.write_text(section, "utf-8")
    mail = load(file).mail
    assert mail is not None
    assert mail.security == "none"
    for elsewhere in ("192.0.2.1", "10.0.0.1", "localhost.example.org", "0.0.0.0"):  # noqa: S104 nobody listens there
        said = refused(file, section.replace(host, elsewhere))
        assert "only for a server on this machine" in said


def test_the_password_and_a_private_ca_are_read_from_files(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file.parent / "hush").write_text("Tr0ub4dor\n", "utf-8")
    pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
    (file.parent / "ca.pem").write_text(pem, "utf-8")
    file.write_text(f'{MAIL}user = "bot"\npassword_file = "hush"\n', "utf-8")
    monkeypatch.setenv("GROUNDSWELL_MAIL__CA_FILE", "ca.pem")
    mail = load(file).mail
    assert mail is not None
    assert mail.password is not None
    assert (mail.password.get_secret_value(), mail.ca) == ("Tr0ub4dor", pem)
    assert "Tr0ub4dor" not in repr(mail)


@pytest.mark.parametrize("line", ['from = "your-bot@example.org"', 'user = "CHANGE ME"'])
def test_a_placeholder_is_no_way_to_send_mail(file: Path, line: str) -> None:
    kept = MAIL.replace('from = "bot@example.org"\n', "") if "from" in line else MAIL
    assert "still holds a placeholder" in refused(file, f"{kept}{line}\n")


def test_mail_is_no_platform(file: Path) -> None:
    file.write_text(MAIL, "utf-8")
    with pytest.raises(CannotStart, match="names no platform"):
        platforms(load(file), file, None)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[instance]\noperator = "CHANGE ME"\n', "[instance] operator"),
        ('[instance]\noperator = "change-me"\n', "[instance] operator"),
        ('[instance]\ncontact = "<your address>"\n', "[instance] contact"),
        ('[instance]\nname = "TODO"\n', "[instance] name"),
        ('[instance]\nname = "xxx"\n', "[instance] name"),
        ('[instance]\nidentity_page = "https://your-site.example"\n', "[instance] identity_page"),
        ('[instance]\nexternal_door = "..."\n', "[instance] external_door"),
        ('[database]\nurl = "postgresql+asyncpg://bot:changeme@db/x"\n', "[database] url"),
        ('[keys]\nurl = "postgresql+asyncpg://bot:<password>@db/x"\n', "[keys] url"),
    ],
)
def test_a_placeholder_is_named(file: Path, text: str, key: str) -> None:
    said = refused(file, text)
    assert f"{key} still holds a placeholder" in said
    assert "Put the real value there." in said


@pytest.mark.parametrize(
    "words",
    [
        "@harbour@mastodon.social",
        "Harbour union <post@example.org>",
        "Phone your union office: 555 0143",
        "https://know-your-rights.example",
        "The exchange meets on Mondays",
        "We change meeting rooms often",
    ],
)
def test_what_people_really_write_is_no_placeholder(file: Path, words: str) -> None:
    assert written(file, f'[instance]\ncontact = "{words}"\n').instance.contact == words


def test_a_secret_file_that_is_not_there_is_named(file: Path) -> None:
    said = refused(file, '[database]\nurl_file = "nowhere"\n')
    assert "url_file" in said
    assert str(file.parent / "nowhere") in said


@pytest.mark.parametrize(
    ("data", "keys"), [("data", "data/keys"), ("data", "data"), (".", "keys"), ("d", "x/../d/k")]
)
def test_keys_inside_the_data_folder_are_refused(file: Path, data: str, keys: str) -> None:
    text = f'[instance]\ndata_dir = "{data}"\n[keys]\ndir = "{keys}"\n'
    said = refused(file, text)
    assert "[keys] dir" in said
    assert "put it elsewhere" in said


@pytest.mark.parametrize(
    "name",
    [
        "GROUNDSWELL_NONSENSE",
        "GROUNDSWELL_INSTANCE__NMAE",
        "GROUNDSWELL_INSTANCE",
        "GROUNDSWELL_NOWHERE__NAME",
        "GROUNDSWELL_INSTANCE__NMAE_FILE",
    ],
)
def test_a_variable_that_names_no_setting_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "x")
    file.write_text("", "utf-8")
    with pytest.raises(CannotStart) as reason:
        load(file)
    assert name in str(reason.value)
    assert "remove it" in str(reason.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('"a\\u0000\\u001b[31m" = 1', r"'a\x00\x1b[31m'"),
        ('[instance]\n"\\u2028" = 1', r"'\u2028'"),
        (f"{'k' * 5000} = 1", f"[{'k' * 200}...]"),
        ('[mail]\nca_file = "a\\u0000b"', "which cannot be read"),
        ('[mail]\n"\\u001b_file" = "nowhere"', r"'\x1b_file'"),
        ('[instance]\ndata_dir = "a\\u0000b"', "must be the name of a folder"),
        ('[keys]\ndir = "a\\u001bb"', "must be the name of a folder"),
        ("[sandbox]\nport = " + "9" * 5000, "is not valid TOML"),
        ("x = " + "[" * 100_000, "is not valid TOML"),
    ],
    ids=lambda one: one[:24],
)
def test_what_no_terminal_should_show_and_what_has_no_end_is_told_in_a_sentence(
    file: Path, text: str, says: str
) -> None:
    file.write_text(text)
    with pytest.raises(CannotStart) as refused:
        load(file)
    assert says in str(refused.value)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 600


@pytest.mark.parametrize("told", ["[1", "{", "x"])
def test_a_variable_that_holds_no_list_is_told_so(
    file: Path, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    file.write_text("")
    monkeypatch.setenv("GROUNDSWELL_DISCORD__TOKEN", "a.b.c")
    monkeypatch.setenv("GROUNDSWELL_DISCORD__GUILDS", told)
    with pytest.raises(CannotStart, match="write lists and tables there as JSON"):
        load(file)


def test_variables_of_other_programs_are_none_of_ours(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSTANCE__NAME", "x")
    monkeypatch.setenv("PORT", "x")
    assert written(file, "").instance.name == "Groundswell"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[mail]\nfrom = "bot@example.org"\n', "[mail] host is missing. Add it."),
        ('[mail]\nhost = "mail.example.org"\n', "[mail] from is missing. Add it."),
        ("[discord]\n", "[discord] token is missing. Add it."),
        ('[discord]\ntokn = "a.b.c"\n', "[discord] tokn is not a setting."),
    ],
)
def test_what_is_missing_is_named_and_what_is_misspelled_before_it(
    file: Path, text: str, said: str
) -> None:
    assert said in refused(file, text)
