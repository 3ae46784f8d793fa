"""Whatever is asked, no route of either door answers with a fault of ours or with anything that is not described.

Few examples here; `python -m tests.security.schemathesis_run --max-examples 500` asks for as long as one likes.
"""

import re
from typing import Any

import pytest
from fastapi import FastAPI

from api.config import Settings
from api.public import create_public_app
from api.staff import create_staff_app
from tests.security.schemathesis_run import tried_doors

EXAMPLES = 4
FEWEST_CASES = 300


@pytest.mark.parametrize("door", ["public", "staff"])
async def test_no_answer_is_a_fault_or_goes_beyond_the_description(
    settings: Settings, door: str
) -> None:
    async with tried_doors(settings) as doors:
        status, said = await doors.ask(door, EXAMPLES, "--seed=20261122")
    assert status == 0, said
    generated = re.search(r"(\d+) generated", said)
    assert generated is not None, said
    assert int(generated[1]) > FEWEST_CASES


async def test_an_answer_that_is_not_described_is_found(
    settings: Settings,
) -> None:
    """The asking itself can fail: an answer that is taken out of the description is missed."""
    async with tried_doors(settings) as doors:
        del doors.descriptions["staff"]["paths"]["/v1/cases/{reference}"]["get"]["responses"]["404"]
        only = ("--include-path=/v1/cases/{reference}", "--seed=20261122")
        status, said = await doors.ask("staff", 5, *only)
    assert status == 1, said
    assert "[404] Not Found" in said


def problems_of(app: FastAPI) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method, path): operation["responses"]
        for path, operations in app.openapi()["paths"].items()
        for method, operation in operations.items()
    }


@pytest.mark.parametrize("create", [create_public_app, create_staff_app])
def test_every_described_error_is_a_problem_or_a_page(settings: Settings, create: Any) -> None:
    for route, responses in problems_of(create(settings)).items():
        for status, response in responses.items():
            if status >= "400":
                kinds = set(response["content"])
                assert kinds <= {"application/problem+json", "text/html"}, (route, status)
