"""Under which licences the packages are that we bring along, and whether each lets us."""

import importlib.metadata
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from api.launch.supply_chain.locked import normal

JUDGED: Final = Path(__file__).parent / "licences.yml"


@dataclass(frozen=True)
class Judged:
    """Licences that ask for nothing but their own text, and packages that were judged one by one."""

    permissive: frozenset[str]
    packages: dict[str, str]


def load_judged(path: Path = JUDGED) -> Judged:
    """The judgements as they are written down; each of a single package has its reason."""
    content = yaml.safe_load(path.read_text())
    return Judged(
        frozenset(name.casefold() for name in content["permissive"]),
        {normal(name): reason for name, reason in content["packages"].items()},
    )


def licences_of(site_packages: Path) -> dict[str, str]:
    """The licence that each installed package names, as it names it; empty where it names none."""
    return {
        normal(each.metadata["Name"]): _licence(each)
        for each in importlib.metadata.distributions(path=[str(site_packages)])
    }


def _licence(package: importlib.metadata.Distribution) -> str:
    """The expression (PEP 639), else the classifiers, else the first line of what is said in words."""
    metadata = package.metadata
    if expression := metadata.get("License-Expression"):
        return str(expression)
    classifiers = [
        each.rpartition("::")[2].strip()
        for each in metadata.get_all("Classifier") or ()
        if each.startswith("License ::") and not each.endswith("OSI Approved")
    ]
    if classifiers:
        # Several stand for a choice: so the packages say that have them.
        return " OR ".join(classifiers)
    said = str(metadata.get("License") or "").strip().splitlines()
    return said[0].strip() if said else ""


def licences_of_npm(lock: Path) -> dict[str, str]:
    """The licences of an npm lock file."""
    packages = json.loads(lock.read_text())["packages"]
    return {
        f"npm:{path.rpartition('node_modules/')[2]}": str(package.get("license", ""))
        for path, package in packages.items()
        if path
    }


def is_permissive(licence: str, permissive: Iterable[str]) -> bool:
    """Whether every licence that must be kept to is a permissive one; of a choice one is enough."""
    known = frozenset(permissive)
    plain = licence.strip()
    if plain.casefold() in known:
        return True
    plain = plain.strip("()")
    for joint, enough in ((" AND ", all), (" OR ", any)):
        parts = re.split(joint, plain, flags=re.IGNORECASE)
        if len(parts) > 1:
            return enough(is_permissive(part, known) for part in parts)
    return plain.casefold() in known


def without_leave(licences: dict[str, str], judged: Judged) -> list[str]:
    """Packages whose licence is neither permissive nor judged: one line for each."""
    return [
        f"{name}: {licence or 'names no licence'}"
        for name, licence in sorted(licences.items())
        if name not in judged.packages and not is_permissive(licence, judged.permissive)
    ]
