"""`make audit`: bills of materials, licences, and known vulnerabilities of everything that is locked.

The exit status says which: 0 nothing to see to; 1 something to see to; 3 no advisory service could be asked about
some or all of it, so that nobody knows.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from typing import Final

from api.launch.supply_chain.advisories import (
    SERVICES,
    Answer,
    Ask,
    ask_npm,
    ask_services,
    ask_with_pip_audit,
    judge,
    load_reasons,
)
from api.launch.supply_chain.inventory import InventoryFailed, write_inventory
from api.launch.supply_chain.licences import (
    licences_of,
    licences_of_npm,
    load_judged,
    without_leave,
)
from api.launch.supply_chain.locked import ENVIRONMENTS, ROOT, NotLocked, locked_packages

CLEAN: Final = 0
TO_SEE_TO: Final = 1
UNKNOWN: Final = 3
NPM_LOCKS: Final = (
    "api/ui/package-lock.json",
    "tests/api/officers/oidc/package-lock.json",
    "tests/channels/package-lock.json",
    "tests/wording/package-lock.json",
)
Say = Callable[[str], None]


def write_inventories(say: Say) -> int:
    """Write the bill of every environment."""
    for environment in ENVIRONMENTS:
        try:
            path = write_inventory(environment)
        except InventoryFailed as error:
            say(f"{environment.name}: no bill of materials: {error}")
            return TO_SEE_TO
        say(f"{environment.name}: bill of materials in {path.relative_to(ROOT)}")
    return CLEAN


def check_licences(say: Say) -> int:
    """Have every package's licence looked at."""
    judged, status = load_judged(), CLEAN
    named = {each.name: licences_of(each.site_packages) for each in ENVIRONMENTS}
    named |= {lock: licences_of_npm(ROOT / lock) for lock in NPM_LOCKS}
    for name, licences in named.items():
        wrong = without_leave(licences, judged)
        for line in wrong:
            say(f"{name}: licence not judged: {line}")
        if wrong:
            status = TO_SEE_TO
        else:
            say(f"{name}: {len(licences)} packages, every licence allows this use")
    return status


def services() -> Sequence[Ask]:
    """Those that pip-audit can ask."""
    return [partial(ask_with_pip_audit, service) for service in SERVICES]


def check_advisories(say: Say, answers: Iterable[tuple[str, Answer]], today: date) -> int:
    """Weigh what services said of each environment; unexplained counts for more than unknown."""
    reasons = load_reasons()
    status, heard = CLEAN, []
    for name, answer in answers:
        heard += answer.advisories
        if answer.unanswered:
            say(f"{name}: NOT KNOWN: no advisory service answered for {_some(answer.unanswered)}")
            status = UNKNOWN
        else:
            say(f"{name}: asked; {len(answer.advisories)} advisories")
    judgement = judge(heard, reasons, today)
    for advisory in judgement.unexplained:
        say(f"without a reason: {advisory}")
    for reason in judgement.run_out:
        say(f"reason ran out on {reason.until}: {reason.package} {' '.join(sorted(reason.ids))}")
    say(f"{len(judgement.explained)} advisories have a reason that holds")
    if status == UNKNOWN:
        say(f"{len(reasons)} reasons are written down for advisories known before, see:")
        say("    api/launch/supply_chain/advisories.yml")
    return TO_SEE_TO if judgement.unexplained or judgement.run_out else status


def _some(names: Iterable[str]) -> str:
    listed = sorted(names)
    return ", ".join(listed[:5]) + (f" and {len(listed) - 5} more" if len(listed) > 5 else "")


def ask_about_everything() -> Iterable[tuple[str, Answer]]:
    """What services say of each environment and each npm lock file. Raises NotLocked."""
    for environment in ENVIRONMENTS:
        yield environment.name, ask_services(locked_packages(environment), services())
    for lock in NPM_LOCKS:
        yield lock, ask_npm((ROOT / lock).parent)


def worst(statuses: Iterable[int]) -> int:
    """Something to see to is worse than not knowing, and that is worse than clean."""
    found = set(statuses)
    return next((status for status in (TO_SEE_TO, UNKNOWN) if status in found), CLEAN)


def main() -> int:
    def say(words: str) -> None:
        print(words, flush=True)

    try:
        status = worst(
            [
                write_inventories(say),
                check_licences(say),
                check_advisories(say, ask_about_everything(), date.today()),
            ]
        )
    except NotLocked as error:
        say(f"the lock file could not be read: {error}")
        return TO_SEE_TO
    say(
        {
            CLEAN: "Nothing to see to.",
            TO_SEE_TO: "There is something to see to.",
            UNKNOWN: "Nobody knows: run this where an advisory service can be reached.",
        }[status]
    )
    return status


if __name__ == "__main__":
    sys.exit(main())
