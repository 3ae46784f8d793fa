"""The systemd units: they run what exists, with its settings, hardened, and start it again for ever."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy.settings_named import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
UNITS = ROOT / "deploy" / "systemd"
LASTING = ("public", "staff", "worker", "rasa", "actions")
ENVIRONMENT = {
    **dict.fromkeys(("public", "staff", "worker"), "/etc/llais/llais.env"),
    **{name: f"/etc/llais/{name}.env" for name in ("rasa", "actions", "migrate")},
}
HARDENED = {
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "ProtectKernelTunables": "yes",
    "RestrictNamespaces": "yes",
    "RestrictSUIDSGID": "yes",
    "SystemCallArchitectures": "native",
}
SECTIONS = {"Unit", "Service", "Install", "Timer"}


def read(name: str) -> dict[str, dict[str, list[str]]]:
    """A unit's sections; a key may stand several times."""
    found: dict[str, dict[str, list[str]]] = {}
    section = ""
    for line in (UNITS / name).read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            section = heading[1]
            found[section] = {}
            continue
        key, _, value = line.partition("=")
        found[section].setdefault(key, []).append(value)
    assert set(found) <= SECTIONS
    return found


def service(name: str) -> dict[str, list[str]]:
    return read(f"llais-{name}.service")["Service"]


@pytest.mark.parametrize("name", [*LASTING, "migrate"])
def test_it_runs_what_every_other_supervisor_runs(name: str) -> None:
    (command,) = service(name)["ExecStart"]
    python, *arguments = command.split()
    environment = ".venv-bot" if name == "rasa" else ".venv-api"
    assert python == f"/opt/llais/{environment}/bin/python"
    assert arguments == COMMANDS[name][1:]
    assert service(name)["EnvironmentFile"] == [ENVIRONMENT[name]]
    assert service(name)["User"] == ["llais"]


@pytest.mark.parametrize("name", LASTING)
def test_it_comes_back_for_ever_and_stops_gracefully(name: str) -> None:
    assert service(name)["Restart"] == ["always"]
    assert read(f"llais-{name}.service")["Unit"]["StartLimitIntervalSec"] == ["0"]
    assert service(name)["KillSignal"] == ["SIGTERM"]
    assert int(service(name)["TimeoutStopSec"][0]) >= 30
    assert f"llais-{name}.service" in read("llais.target")["Unit"]["Wants"][0].split()
    after = read(f"llais-{name}.service")["Unit"]["After"][0].split()
    # The action server alone has no database.
    assert ("llais-migrate.service" in after) == (name != "actions")


@pytest.mark.parametrize("name", [*LASTING, "migrate", "backup", "destroyed-keys"])
def test_it_can_do_nothing_but_its_work(name: str) -> None:
    unit = service(name)
    for key, value in HARDENED.items():
        assert unit[key] == [value], key
    allowed = "/var/backups/llais" if name in ("backup", "destroyed-keys") else None
    assert unit.get("ReadWritePaths") == ([allowed] if allowed else None)
    if name in LASTING:
        assert {"MemoryMax", "TasksMax"} <= unit.keys()


@pytest.mark.parametrize("name", ["rasa", "actions"])
def test_what_nobody_outside_needs_speaks_to_this_machine_only(name: str) -> None:
    assert service(name)["IPAddressDeny"] == ["any"]
    assert service(name)["IPAddressAllow"] == ["localhost"]


@pytest.mark.parametrize("name", ["backup", "destroyed-keys"])
def test_the_backups_run_scripts_that_are_there_and_are_timed(name: str) -> None:
    script = service(name)["ExecStart"][0].split()[0]
    path = ROOT / script.removeprefix("/opt/llais/")
    assert path.stat().st_mode & 0o111
    assert read(f"llais-{name}.timer")["Timer"]["OnCalendar"]
    assert read(f"llais-{name}.timer")["Timer"]["Persistent"] == ["yes"]


def test_systemd_knows_every_word_of_them() -> None:
    """Where systemd is at hand it says so itself; the programs need not be installed for that."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        return
    for path in sorted(UNITS.glob("llais*")):
        said = subprocess.run(
            [analyze, "verify", "--man=no", str(path)], capture_output=True, text=True, check=False
        ).stderr
        assert not re.search(r"Unknown|Failed to parse|Invalid|ignoring", said), said
