"""What we bring along is listed, licensed and looked up; and not knowing is never told as being clean."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest
from fastapi import FastAPI, Request

from api.launch.bootstrap import ENVIRONMENTS as INSTALLED
from api.launch.supply_chain import audit
from api.launch.supply_chain.advisories import (
    KNOWN_TO_BE_VULNERABLE,
    Advisory,
    Answer,
    ask_services,
    ask_with_pip_audit,
    judge,
    load_reasons,
    read_npm_audit,
)
from api.launch.supply_chain.inventory import write_inventory
from api.launch.supply_chain.licences import (
    is_permissive,
    licences_of,
    licences_of_npm,
    load_judged,
    without_leave,
)
from api.launch.supply_chain.locked import (
    ENVIRONMENTS,
    ROOT,
    Environment,
    locked_packages,
    normal,
)
from tests.serving import free_port, serving

TODAY = date(2026, 11, 22)
HOLE = Advisory("sbwng", "1.0", frozenset({"CVE-2026-0000", "GHSA-aaaa-bbbb-cccc"}), ("1.1",))
ONCE_VULNERABLE = [Advisory("urllib3", "1.24.1", frozenset({"CVE-2019-11324"}))]


class AdvisoryService:
    """An advisory service as OSV answers: what is known of a package and version."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self.known = dict(known)
        self.asked: list[tuple[str, str]] = []

    def app(self) -> FastAPI:
        app = FastAPI()

        async def answer(request: Request) -> dict[str, object]:
            query = json.loads(await request.body())
            name = query["package"]["name"]
            self.asked.append((name, query["version"]))
            if name not in self.known:
                return {}
            affected = {
                "package": {"name": name, "ecosystem": "PyPI"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9"}]}],
            }
            return {
                "vulns": [
                    {"id": self.known[name], "aliases": ["CVE-2026-0000"], "affected": [affected]}
                ]
            }

        app.add_api_route("/v1/query", answer, methods=["POST"])
        return app


def test_the_environments_are_those_that_are_installed() -> None:
    listed = {each.directory: list(each.groups) for each in ENVIRONMENTS}
    assert listed == {directory: groups for directory, (_, groups) in INSTALLED.items()}


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda each: each.name)
def test_the_bill_of_materials_fits_its_schema_and_holds_every_locked_package(
    environment: Environment, tmp_path: Path
) -> None:
    # The tool that writes it holds it against the schema first (`--validate`).
    bill = json.loads(write_inventory(environment, tmp_path).read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    listed = {normal(each["name"]): each["version"] for each in bill["components"]}
    locked = locked_packages(environment)
    assert len(locked) > 100
    assert {name: listed.get(name) for name in locked} == locked


class TestAdvisories:
    async def test_are_heard_from_a_service_under_all_their_names(self) -> None:
        service = AdvisoryService({"tensorflow": "GHSA-aaaa-bbbb-cccc"})
        async with serving(service.app()) as address:
            ask = partial(
                ask_with_pip_audit,
                ("--vulnerability-service", "osv", "--osv-url", f"{address}/v1/query"),
            )
            answer = await asyncio.to_thread(ask, {"tensorflow-cpu": "2.12.0", "yarl": "1.25.1"})
        # The wheel is asked about under the name too under which nearly all advisories stand.
        assert ("tensorflow", "2.12.0") in service.asked
        [advisory] = answer.advisories
        assert advisory.ids == {"GHSA-aaaa-bbbb-cccc", "CVE-2026-0000"}
        assert advisory.fixed_in == ("9",)
        assert answer.unanswered == set()

    def test_of_a_service_that_is_away_are_not_known(self) -> None:
        nobody = f"http://127.0.0.1:{free_port()}"
        service = ("--vulnerability-service", "osv", "--osv-url", nobody)
        answer = ask_with_pip_audit(service, {"yarl": "1.25.1"})
        assert (answer.advisories, answer.unanswered) == ([], {"yarl"})

    def test_are_not_believed_of_a_service_that_knows_none(self) -> None:
        def knows_nothing(packages: Mapping[str, str]) -> Answer:
            return Answer()

        assert ask_services({"yarl": "1.25.1"}, [knows_nothing]).unanswered == {"yarl"}

    def test_that_one_service_skips_are_asked_of_the_next(self) -> None:
        asked: list[set[str]] = []

        def first(packages: Mapping[str, str]) -> Answer:
            if packages == KNOWN_TO_BE_VULNERABLE:
                return Answer(ONCE_VULNERABLE)
            return Answer(unanswered={"sbwng"})

        def second(packages: Mapping[str, str]) -> Answer:
            if packages == KNOWN_TO_BE_VULNERABLE:
                return Answer(ONCE_VULNERABLE)
            asked.append(set(packages))
            return Answer([HOLE])

        answer = ask_services({"yarl": "1.25.1", "sbwng": "1.0"}, [first, second])
        assert (answer.advisories, answer.unanswered) == ([HOLE], set())
        assert asked == [{"sbwng"}]

    def test_of_npm_are_read_and_an_error_is_no_answer(self) -> None:
        via = {"name": "sass", "range": "<2", "url": "https://github.com/advisories/GHSA-a-b-c"}
        said = {"vulnerabilities": {"sass": {"via": [via, "postcss"]}}}
        answer = read_npm_audit(json.dumps(said), "api/ui")
        assert [each.ids for each in answer.advisories] == [frozenset({"GHSA-a-b-c"})]
        assert not answer.unanswered
        refused = read_npm_audit('{"message": "405 Method Not Allowed"}', "api/ui")
        assert refused.unanswered == {"api/ui"}


class TestReasons:
    def test_each_says_why_and_is_judged_again_within_half_a_year(self) -> None:
        reasons = load_reasons()
        assert reasons
        for reason in reasons:
            assert len(reason.why) > 40, reason
            assert reason.judged_on < reason.until <= reason.judged_on + timedelta(days=185), reason

    def test_each_is_about_a_package_that_is_locked(self) -> None:
        locked = {name for each in ENVIRONMENTS for name in locked_packages(each)}
        assert {reason.package for reason in load_reasons()} <= locked | {"tensorflow"}

    def test_one_covers_its_advisory_under_any_name_until_its_day(self) -> None:
        reason = replace(
            load_reasons()[0], package="sbwng", ids=frozenset({"CVE-2026-0000"}), until=TODAY
        )
        assert judge([HOLE], [reason], TODAY).unexplained == []
        tomorrow = judge([HOLE], [reason], TODAY + timedelta(days=1))
        assert (tomorrow.unexplained, tomorrow.run_out) == ([HOLE], [reason])
        other = replace(reason, package="arall")
        assert judge([HOLE], [other], TODAY).unexplained == [HOLE]


class TestTheStatus:
    def test_is_1_for_an_advisory_without_a_reason(self) -> None:
        said: list[str] = []
        status = audit.check_advisories(said.append, [("api", Answer([HOLE]))], TODAY)
        assert status == 1
        assert any("CVE-2026-0000" in line for line in said)

    def test_is_3_and_never_clean_where_nobody_answers(self) -> None:
        said: list[str] = []
        nobody = Answer(unanswered={"yarl"})
        assert audit.check_advisories(said.append, [("api", nobody)], TODAY) == 3
        assert any("NOT KNOWN" in line and "yarl" in line for line in said)

    def test_is_0_when_everything_was_asked_and_explained(self) -> None:
        assert audit.check_advisories(lambda _: None, [("api", Answer())], TODAY) == 0

    def test_is_1_once_a_reason_has_run_out_whoever_answers(self) -> None:
        late = TODAY + timedelta(days=400)
        assert audit.check_advisories(lambda _: None, [("api", Answer())], late) == 1

    def test_of_several_parts_is_that_of_the_worst(self) -> None:
        assert audit.worst([0, 3, 1]) == 1
        assert audit.worst([0, 3]) == 3
        assert audit.worst([0, 0]) == 0


class TestLicences:
    def test_let_us_use_everything_that_is_installed(self) -> None:
        judged = load_judged()
        for environment in ENVIRONMENTS:
            found = licences_of(environment.site_packages)
            assert len(found) > 100
            assert without_leave(found, judged) == []
        for lock in audit.NPM_LOCKS:
            assert without_leave(licences_of_npm(ROOT / lock), judged) == []

    def test_of_every_lock_file_of_npm_are_looked_at(self) -> None:
        tracked = subprocess.run(
            ["git", "ls-files", "*package-lock.json"], cwd=ROOT, capture_output=True, text=True
        ).stdout.split()
        assert sorted(tracked) == sorted(audit.NPM_LOCKS)

    def test_that_ask_for_more_need_a_reason(self) -> None:
        judged = load_judged()
        unjudged = {"a": "GPL-3.0-only", "b": "", "c": "MIT", "psycopg": "LGPL-3.0-only"}
        assert without_leave(unjudged, judged) == ["a: GPL-3.0-only", "b: names no licence"]
        assert all(len(reason) > 10 for reason in judged.packages.values())

    def test_of_a_choice_one_is_enough_and_of_several_all_are_needed(self) -> None:
        judged = load_judged().permissive
        assert is_permissive("GPL-3.0-only OR MIT", judged)
        assert not is_permissive("GPL-3.0-only AND MIT", judged)
        assert is_permissive("(MIT OR GPL-2.0-only) AND Zlib", judged)
        assert not is_permissive("MIT AND (GPL-2.0-only OR AGPL-3.0)", judged)


def test_the_command_is_known_to_make_and_to_the_bootstrap() -> None:
    said = subprocess.run(
        ["make", "--dry-run", "audit"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert "bootstrap.py audit" in said
    helped = subprocess.run(
        [sys.executable, "-c", "import api.launch.bootstrap as b; print(b.COMMANDS['audit'][-1])"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert helped.strip() == audit.__name__
