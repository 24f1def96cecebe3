"""The homeserver of the tests is what it says: a real one, with people and limits as told."""

import pytest

from tests.fakes.synapse import PASSWORD, Synapse

pytestmark = pytest.mark.xdist_group("synapse")

LOGIN = "/_matrix/client/v3/login"


def logged_in(synapse: Synapse, user: str, password: str = PASSWORD) -> dict[str, str]:
    identifier = {"type": "m.id.user", "user": user}
    body = {"type": "m.login.password", "identifier": identifier, "password": password}
    answer: dict[str, str] = synapse.ask("POST", LOGIN, body)
    return answer


def test_a_new_account_can_log_in_with_its_password_alone(synapse: Synapse) -> None:
    user = synapse.account("worker")
    assert logged_in(synapse, user)["user_id"] == user
    with pytest.raises(AssertionError, match="M_FORBIDDEN"):
        logged_in(synapse, user, "a guess")


def test_two_accounts_of_one_name_are_two_people(synapse: Synapse) -> None:
    assert synapse.account("worker") != synapse.account("worker")


def test_a_revoked_device_is_nobody(synapse: Synapse) -> None:
    user = synapse.account("worker")
    known = logged_in(synapse, user)
    whoami = "/_matrix/client/v3/account/whoami"
    assert synapse.ask("GET", whoami, token=known["access_token"])["user_id"] == user
    synapse.revoke(user, known["device_id"])
    with pytest.raises(AssertionError, match="M_UNKNOWN_TOKEN"):
        synapse.ask("GET", whoami, token=known["access_token"])


def test_it_remembers_its_people_over_a_restart(synapse: Synapse) -> None:
    user = synapse.account("worker")
    synapse.go_away()
    with pytest.raises(ConnectionRefusedError):
        logged_in(synapse, user)
    synapse.come_back()
    assert logged_in(synapse, user)["user_id"] == user
