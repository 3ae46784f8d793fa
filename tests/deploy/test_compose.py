"""The compose file: two of each, hardened, started again, and nobody on a network with whom they must not reach."""

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.settings_named import COMMANDS, check_settings

PATH = Path(__file__).resolve().parents[2] / "deploy" / "compose" / "compose.yml"
OURS = ("public", "staff", "worker", "rasa", "actions")
# Keys of the Compose Specification that are used here; a slip of the pen is none of them.
OF_A_SERVICE = {
    *("cap_add", "cap_drop", "command", "cpus", "depends_on", "deploy", "environment"),
    *("healthcheck", "image", "init", "logging", "mem_limit", "networks", "pids_limit", "ports"),
    *("read_only", "restart", "security_opt", "shm_size", "stop_grace_period", "stop_signal"),
    *("tmpfs", "user", "volumes"),
}
# Who may share a network: who asks whom.
REACH = {
    frozenset(pair)
    for pair in (
        ("worker", "rasa"),
        ("rasa", "actions"),
        ("actions", "staff"),
        # Both have published ports; neither asks the other, and each answers to its own tokens only.
        ("public", "staff"),
        *(("database", each) for each in ("public", "staff", "worker", "rasa", "migrate")),
    )
}


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(PATH.read_text())
    return found


def service(name: str) -> dict[str, Any]:
    found: dict[str, Any] = compose()["services"][name]
    return found


def test_the_file_says_nothing_that_compose_does_not_know() -> None:
    whole = compose()
    assert {key for key in whole if not key.startswith("x-")} == {
        *("name", "services", "networks", "volumes"),
    }
    for name, each in whole["services"].items():
        assert set(each) <= OF_A_SERVICE, name
        assert set(each["networks"]) <= set(whole["networks"]), name
        for other in each.get("depends_on", {}):
            assert other in whole["services"]
    used = {network for each in whole["services"].values() for network in each["networks"]}
    assert used == set(whole["networks"])


@pytest.mark.parametrize("name", [*OURS, "migrate"])
def test_a_container_can_do_nothing_but_its_work(name: str) -> None:
    one = service(name)
    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert one["user"] == "10001:10001"
    assert "noexec" in one["tmpfs"][0]
    assert {"mem_limit", "pids_limit", "cpus"} <= one.keys()
    assert not {"privileged", "cap_add", "volumes"} & one.keys()


@pytest.mark.parametrize("name", OURS)
def test_there_are_two_of_each_and_they_come_back(name: str) -> None:
    one = service(name)
    assert one["deploy"]["replicas"] >= 2
    assert one["restart"] == "always"
    assert one["stop_signal"] == "SIGTERM"
    assert one["stop_grace_period"] == "30s"
    # Two containers cannot listen on one port of the machine.
    for port in one.get("ports", []):
        first, last = re.search(r"^127\.0\.0\.1:(\d+)-(\d+):", port).groups()  # type: ignore[union-attr]
        assert int(last) - int(first) + 1 == one["deploy"]["replicas"]


@pytest.mark.parametrize("name", [*OURS, "migrate"])
def test_each_gets_its_settings_and_no_others(name: str) -> None:
    one = service(name)
    assert one["command"] == COMMANDS[name]
    check_settings(name, set(one["environment"]))
    for setting, value in one["environment"].items():
        secret = setting.endswith(("_KEYS", "_KEY", "_TOKEN", "_SECRET", "_SECRETS"))
        if secret:
            assert value.startswith(f"${{{setting}:"), "a secret never stands in the file"


def test_new_code_waits_for_the_migration() -> None:
    for name in ("public", "staff", "worker", "rasa"):
        assert service(name)["depends_on"] == {
            "migrate": {"condition": "service_completed_successfully"}
        }
    assert service("migrate")["restart"] == "no"


def test_who_shares_a_network_asks_whom() -> None:
    services = compose()["services"]
    for one, other in combinations(services, 2):
        shared = set(services[one]["networks"]) & set(services[other]["networks"])
        assert bool(shared) == (frozenset((one, other)) in REACH), (one, other, shared)


def test_only_doors_are_published_and_only_to_this_machine() -> None:
    published = {
        name: each["ports"] for name, each in compose()["services"].items() if "ports" in each
    }
    assert set(published) == {"public", "staff"}
    for ports in published.values():
        assert all(port.startswith("127.0.0.1:") for port in ports)
    inside = {name for name, each in compose()["networks"].items() if each.get("internal")}
    assert set(compose()["networks"]) - inside == {"front", "outside"}
    for name in ("rasa", "actions", "database", "migrate"):
        assert set(service(name)["networks"]) <= inside, name


def test_the_database_archives_with_the_script_that_the_restore_reads() -> None:
    command = " ".join(service("database")["command"])
    assert "archive_mode=on" in command
    assert "archive_command=/opt/backup/archive_wal.sh /backups %p %f" in command
    assert "../backup:/opt/backup:ro" in service("database")["volumes"]
