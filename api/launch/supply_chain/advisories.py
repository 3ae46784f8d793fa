"""Known vulnerabilities of what is locked, and the reasons why some of them do no harm here.

A service that does not answer, or that knows nothing of a package which is known to be vulnerable, is no advisory
service: then nothing is known, and that is said, never "clean".
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

import yaml

from api.launch.npm import npm_script, run_node
from api.launch.supply_chain.locked import ROOT, normal

REASONS: Final = Path(__file__).parent / "advisories.yml"
# CVE-2019-11324 among others: whoever does not know these knows nothing.
KNOWN_TO_BE_VULNERABLE: Final = {"urllib3": "1.24.1"}
# The same code under another name, under which most advisories stand.
ALSO_KNOWN_AS: Final = {"tensorflow-cpu": "tensorflow"}
SERVICES: Final = (("--vulnerability-service", "pypi"), ("--vulnerability-service", "osv"))
PATIENCE_SECONDS: Final = 15


@dataclass(frozen=True)
class Advisory:
    """One advisory about one locked package, under all of its ids."""

    package: str
    version: str
    ids: frozenset[str]
    fixed_in: tuple[str, ...] = ()

    def __str__(self) -> str:
        fixed = ", ".join(self.fixed_in) or "no version"
        return f"{self.package} {self.version}: {' '.join(sorted(self.ids))} (fixed in {fixed})"


@dataclass(frozen=True)
class Reason:
    """Why an advisory does no harm here, who reads it again by when."""

    package: str
    ids: frozenset[str]
    why: str
    judged_on: date
    until: date

    def covers(self, advisory: Advisory) -> bool:
        names = {advisory.package, ALSO_KNOWN_AS.get(advisory.package, advisory.package)}
        return self.package in names and bool(self.ids & advisory.ids)


@dataclass
class Answer:
    """What a service said, and of which packages it said nothing."""

    advisories: list[Advisory] = field(default_factory=list)
    unanswered: set[str] = field(default_factory=set)


Ask = Callable[[Mapping[str, str]], Answer]


def load_reasons(path: Path = REASONS) -> list[Reason]:
    """The reasons as they are written down."""
    return [
        Reason(
            package=normal(entry["package"]),
            ids=frozenset(entry["ids"]),
            why=" ".join(entry["why"].split()),
            judged_on=entry["judged_on"],
            until=entry["until"],
        )
        for entry in yaml.safe_load(path.read_text())
    ]


def ask_with_pip_audit(service: Iterable[str], packages: Mapping[str, str]) -> Answer:
    """What pip-audit hears from one service about these packages."""
    asked = {**packages, **_under_other_names(packages)}
    with tempfile.TemporaryDirectory() as directory:
        requirements = Path(directory) / "requirements.txt"
        requirements.write_text("".join(f"{name}=={version}\n" for name, version in asked.items()))
        command = [sys.executable, "-m", "pip_audit", "--requirement", str(requirements)]
        command += ["--no-deps", "--disable-pip", "--format", "json", "--aliases", "on"]
        command += [
            "--desc",
            "off",
            "--progress-spinner",
            "off",
            "--timeout",
            str(PATIENCE_SECONDS),
        ]
        command += ["--cache-dir", str(Path(directory) / "cache"), *service]
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    try:
        dependencies = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return Answer(unanswered=set(packages))
    answer = Answer(unanswered=set(asked))
    for dependency in dependencies:
        name = normal(dependency["name"])
        if "skip_reason" in dependency:
            continue
        answer.unanswered.discard(name)
        answer.advisories += [
            Advisory(
                package=name,
                version=dependency["version"],
                ids=frozenset({found["id"], *found.get("aliases", ())}),
                fixed_in=tuple(found.get("fix_versions", ())),
            )
            for found in dependency.get("vulns", ())
        ]
    return answer


def _under_other_names(packages: Mapping[str, str]) -> dict[str, str]:
    return {
        other: packages[name]
        for name, other in ALSO_KNOWN_AS.items()
        if name in packages and other not in packages
    }


def ask_services(packages: Mapping[str, str], services: Iterable[Ask]) -> Answer:
    """What the services that can be believed say together; `unanswered` is of what none of them knew."""
    heard: dict[tuple[str, frozenset[str]], Advisory] = {}
    unanswered = set(packages)
    for ask in services:
        if not ask(KNOWN_TO_BE_VULNERABLE).advisories:
            continue
        answer = ask({name: packages[name] for name in packages if name in unanswered})
        heard |= {(each.package, each.ids): each for each in answer.advisories}
        unanswered &= answer.unanswered
        if not unanswered:
            break
    return Answer(sorted(heard.values(), key=str), unanswered)


def ask_npm(directory: Path) -> Answer:
    """What npm's registry says about the packages of a lock file."""
    command = [str(npm_script()), "audit", "--json", "--package-lock-only"]
    done = run_node(command, directory)
    name = str(directory.relative_to(ROOT)) if directory.is_relative_to(ROOT) else directory.name
    return read_npm_audit(done.stdout, name)


def read_npm_audit(said: str, name: str) -> Answer:
    """The advisories in what `npm audit --json` printed. An error of the registry leaves `name` unanswered."""
    try:
        vulnerable = json.loads(said)["vulnerabilities"]
    except (ValueError, KeyError, TypeError):
        return Answer(unanswered={name})
    advisories = [
        Advisory(
            package=normal(found["name"]),
            version=found["range"],
            ids=frozenset({found["url"].rpartition("/")[2]}),
        )
        for each in vulnerable.values()
        for found in each["via"]
        # A text instead names another package of the same list.
        if isinstance(found, dict)
    ]
    return Answer(advisories)


@dataclass(frozen=True)
class Judgement:
    """What must be seen to, and what has its reason."""

    unexplained: list[Advisory]
    run_out: list[Reason]
    explained: list[Advisory]


def judge(advisories: Iterable[Advisory], reasons: Iterable[Reason], today: date) -> Judgement:
    """Sort advisories by whether a reason covers them that has not run out."""
    reasons = list(reasons)
    in_force = [reason for reason in reasons if reason.until >= today]
    unexplained: list[Advisory] = []
    explained: list[Advisory] = []
    for advisory in advisories:
        covered = any(reason.covers(advisory) for reason in in_force)
        (explained if covered else unexplained).append(advisory)
    run_out = [reason for reason in reasons if reason.until < today]
    return Judgement(unexplained, run_out, explained)
