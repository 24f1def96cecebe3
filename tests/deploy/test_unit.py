"""The systemd unit holds the process in, and hands it its secrets as files of its own.

What systemd makes of it is asked of systemd itself by `make shipped`: here is what must not be lost.
"""

import re

import pytest

from bot.settings.reading import _is_known
from tests.deploy.unit import DROPINS, FOLDER, UNIT, read
from tests.deploy.words import wrong_words
from tests.unit.test_secrets import SECRETS

SERVICE = read(UNIT)["Service"]
HELD = {
    "AmbientCapabilities": "",
    "CapabilityBoundingSet": "",
    "KeyringMode": "private",
    "LimitCORE": "0",
    "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes",
    "MemorySwapMax": "0",
    "NoExecPaths": "/",
    "NoNewPrivileges": "yes",
    "PrivateDevices": "yes",
    "PrivateIPC": "yes",
    "PrivateMounts": "yes",
    "PrivateTmp": "yes",
    "PrivateUsers": "yes",
    "ProcSubset": "pid",
    "ProtectClock": "yes",
    "ProtectControlGroups": "yes",
    "ProtectHome": "yes",
    "ProtectHostname": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectProc": "invisible",
    "ProtectSystem": "strict",
    "RemoveIPC": "yes",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "SocketBindDeny": "any",
    "StateDirectoryMode": "0700",
    "SystemCallArchitectures": "native",
    "UMask": "0077",
    "User": "groundswell",
}


@pytest.mark.parametrize("key", HELD)
def test_what_holds_the_process_in_is_said_once(key: str) -> None:
    assert SERVICE.get(key) == [HELD[key]]


def test_it_may_write_into_its_own_folders_alone() -> None:
    (folders,) = SERVICE["StateDirectory"]
    assert set(folders.split()) == {
        f"groundswell/{one}" for one in ("data", "keys", "matrix", "backups")
    }
    assert not SERVICE.keys() & {"ReadWritePaths", "BindPaths", "PermissionsStartOnly"}


def test_the_kernel_answers_what_a_service_needs_and_no_more() -> None:
    assert SERVICE["SystemCallFilter"] == ["@system-service", "~@privileged @resources"]
    assert SERVICE["RestrictAddressFamilies"] == ["AF_INET AF_INET6 AF_UNIX"]


def test_what_cannot_start_is_not_started_again() -> None:
    assert SERVICE["RestartPreventExitStatus"] == ["2"]


def test_what_it_runs_is_what_the_command_line_knows() -> None:
    (line,) = SERVICE["ExecStart"]
    assert list(wrong_words(line)) == []
    assert list(wrong_words(f"{line} --no-such-flag")) == ["--no-such-flag"]
    assert list(wrong_words(line.replace(" run ", " walk "))) == ["walk"]


# Secrets ----------------------------------------------------------------------------------------


def _handed(name: str) -> dict[str, str]:
    """Variable -> credential, of one of the files beside the unit."""
    said = read(FOLDER / name)["Service"]
    handed = {}
    for one in said["Environment"]:
        variable, _, path = one.partition("=")
        handed[variable] = path.removeprefix("%d/")
    assert [one.partition(":")[0] for one in said["LoadCredential"]] == list(handed.values())
    return handed


OTHERS = {"freed-memory.conf", "groundswell.sysusers.conf"}
PLATFORMS = [file.name for file in DROPINS if file.name not in OTHERS]


@pytest.mark.parametrize("name", PLATFORMS)
def test_every_secret_comes_as_a_credential_in_a_variable_that_is_known(name: str) -> None:
    for variable, credential in _handed(name).items():
        assert _is_known(variable)
        setting = variable.removeprefix("GROUNDSWELL_").removesuffix("_FILE").lower()
        assert setting in SECRETS
        assert re.fullmatch(r"[a-z-]+", credential)


@pytest.mark.parametrize("name", PLATFORMS)
def test_what_root_alone_reads_lies_beside_the_settings(name: str) -> None:
    for one in read(FOLDER / name)["Service"]["LoadCredential"]:
        credential, _, path = one.partition(":")
        assert path == f"/etc/groundswell/credentials/{credential}"


def test_no_secret_of_the_settings_is_without_one() -> None:
    handed = {variable for name in PLATFORMS for variable in _handed(name)}
    named = {one.removeprefix("GROUNDSWELL_").removesuffix("_FILE").lower() for one in handed}
    assert set(SECRETS) - named == {"matrix__access_token"}, "or a password; one of the two"


def test_the_unit_itself_names_no_secret() -> None:
    assert "LoadCredential" not in SERVICE, "a file that is missing would keep every start from it"
    assert SERVICE["Environment"] == ["PYTHONDONTWRITEBYTECODE=1"]
