"""The manifests are what Kubernetes takes, harden what they run, and let nobody reach what they need not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.deploy.settings_named import COMMANDS, check_settings

DIRECTORY = Path(__file__).resolve().parents[2] / "deploy" / "kubernetes"
PROCESSES = ("public", "staff", "worker", "rasa", "actions")
LISTENING = {"public": 8000, "staff": 8001, "rasa": 5005, "actions": 5055}
HEALTH = {"public": "/health", "staff": "/health", "actions": "/health"}
NAME = "app.kubernetes.io/name"

Manifest = dict[str, Any]


def manifests() -> Iterator[tuple[str, Manifest]]:
    for path in sorted(DIRECTORY.rglob("*.yml")):
        for document in yaml.safe_load_all(path.read_text()):
            yield path.relative_to(DIRECTORY).as_posix(), document


def of_kind(kind: str) -> dict[str, Manifest]:
    return {each["metadata"]["name"]: each for _, each in manifests() if each["kind"] == kind}


def pods() -> dict[str, Manifest]:
    """The pods of every process, and of the migration, by name."""
    return {
        name: each["spec"]["template"]["spec"]
        for kind in ("Deployment", "Job")
        for name, each in of_kind(kind).items()
    }


def container(name: str) -> Manifest:
    (only,) = pods()[name]["containers"]
    found: Manifest = only
    return found


@pytest.mark.parametrize("version", ["1.31", "1.33"])
def test_kubernetes_takes_every_manifest(version: str) -> None:
    checked = [
        kubernetes_validate.validate(each, version, strict=True)
        for _, each in manifests()
        if each["kind"] != "Kustomization"
    ]
    assert len(checked) > 20


def test_a_manifest_with_a_wrong_field_is_refused() -> None:
    wrong = {**of_kind("Service")["rasa"], "specs": {}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.31", strict=True)


def test_every_manifest_is_applied() -> None:
    for part in ("app", "migrate"):
        listed = yaml.safe_load((DIRECTORY / part / "kustomization.yml").read_text())["resources"]
        there = {path.name for path in (DIRECTORY / part).glob("*.yml")} - {"kustomization.yml"}
        assert set(listed) == there
    assert set(of_kind("Deployment")) == set(PROCESSES)


@pytest.mark.parametrize("name", [*PROCESSES, "migrate"])
def test_a_container_can_do_nothing_but_its_work(name: str) -> None:
    pod, one = pods()[name], container(name)
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 10001
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert one["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "privileged": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert one["resources"]["requests"].keys() == {"cpu", "memory"}
    assert "memory" in one["resources"]["limits"]
    assert pod["automountServiceAccountToken"] is False
    # A Service called "rasa" would otherwise set RASA_PORT and the like.
    assert pod["enableServiceLinks"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
    # Only memory can be written to.
    assert [volume["emptyDir"]["medium"] for volume in pod["volumes"]] == ["Memory"]
    labels = of_kind("Namespace")["llais"]["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize("name", [*PROCESSES, "migrate"])
def test_each_gets_its_settings_and_no_others(name: str) -> None:
    one = container(name)
    assert one["command"] == COMMANDS[name]
    plain = of_kind("ConfigMap")["llais"]["data"]
    given = {each["name"] for each in one["env"]} | set(plain if "envFrom" in one else {})
    check_settings(name, given)
    for each in one["env"]:
        if "valueFrom" in each:
            secret = each["valueFrom"]["secretKeyRef"]
            assert secret["key"] == each["name"]
            owner = each["name"] == "LLAIS_DATABASE_OWNER_URL"
            assert secret["name"] == ("llais-owner" if owner else "llais")


def test_the_config_map_holds_no_secret() -> None:
    for name in of_kind("ConfigMap")["llais"]["data"]:
        assert not name.endswith(("_KEY", "_KEYS", "_TOKEN", "_SECRET", "_SECRETS", "_SMTP_URL"))
        assert name != "LLAIS_DATABASE_URL"


@pytest.mark.parametrize("name", PROCESSES)
def test_there_are_two_of_each_and_one_always_stands(name: str) -> None:
    spec = of_kind("Deployment")[name]["spec"]
    assert spec["replicas"] >= 2
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    budget = of_kind("PodDisruptionBudget")[name]["spec"]
    assert budget["minAvailable"] == 1
    assert budget["selector"] == spec["selector"]
    labels = spec["template"]["metadata"]["labels"]
    assert spec["selector"]["matchLabels"].items() <= labels.items()
    # The worker finishes what it does for ten seconds, a door for three, Rasa an action for twelve.
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] >= 30


@pytest.mark.parametrize("name", LISTENING)
def test_a_service_leads_to_the_port_on_which_it_listens(name: str) -> None:
    service = of_kind("Service")[name]["spec"]
    assert service["type"] == "ClusterIP"
    assert service["selector"] == {NAME: name}
    assert service["ports"][0]["port"] == LISTENING[name]
    assert container(name)["ports"] == [{"name": "http", "containerPort": LISTENING[name]}]
    assert "sessionAffinity" not in service, "nothing is sticky"


@pytest.mark.parametrize("name", LISTENING)
def test_it_is_asked_whether_it_lives_and_never_whether_others_do(name: str) -> None:
    one = container(name)
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        asked = one[probe]
        if name in HEALTH:
            assert asked["httpGet"] == {"path": HEALTH[name], "port": "http"}
        else:
            assert ("tcpSocket" in asked) or asked["exec"]["command"][-1] == "bot.health"
    # Rasa needs up to minutes to load its model.
    start = one["startupProbe"]
    assert start["periodSeconds"] * start["failureThreshold"] >= 120


def allowed_in(name: str) -> list[tuple[str, int]]:
    """Who may come in where: pods by name, namespaces as `namespace/…`."""
    found = []
    for policy in of_kind("NetworkPolicy").values():
        if policy["spec"]["podSelector"].get("matchLabels") != {NAME: name}:
            continue
        for rule in policy["spec"].get("ingress", []):
            for who in rule["from"]:
                for port in rule["ports"]:
                    if "podSelector" in who:
                        label = who["podSelector"]["matchLabels"][NAME]
                    else:
                        matched = who["namespaceSelector"]["matchLabels"]
                        label = "namespace/" + matched["kubernetes.io/metadata.name"]
                    found.append((label, port["port"]))
    return sorted(found)


def test_whoever_is_not_named_reaches_nothing() -> None:
    default = of_kind("NetworkPolicy")["nobody-by-default"]["spec"]
    assert default == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_rasa_is_reached_by_workers_only_and_actions_by_rasa_only() -> None:
    assert allowed_in("rasa") == [("worker", 5005)]
    assert allowed_in("actions") == [("rasa", 5055)]
    assert allowed_in("worker") == []


def test_the_internet_reaches_the_public_door_and_nothing_else() -> None:
    assert allowed_in("public") == [("namespace/ingress-nginx", 8000)]
    assert allowed_in("staff") == [
        ("actions", 8001),
        ("namespace/ingress-inside", 8001),
        ("namespace/monitoring", 8001),
    ]
    (ingress,) = of_kind("Ingress").values()
    paths = [path for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]]
    assert [path["backend"]["service"]["name"] for path in paths] == ["public"]
    assert ingress["spec"]["tls"][0]["hosts"] == [ingress["spec"]["rules"][0]["host"]]


def test_nobody_reaches_outside_but_who_must() -> None:
    outside: dict[str, set[int]] = {}
    for policy in of_kind("NetworkPolicy").values():
        for rule in policy["spec"].get("egress", []):
            if not any("ipBlock" in to for to in rule["to"]):
                continue
            for name in policy["spec"]["podSelector"]["matchExpressions"][0]["values"]:
                outside.setdefault(name, set()).update(port["port"] for port in rule["ports"])
    assert outside == {
        "public": {5432},
        "rasa": {5432},
        "migrate": {5432},
        "staff": {5432, 587, 465, 443},
        "worker": {5432, 587, 465, 443},
    }
