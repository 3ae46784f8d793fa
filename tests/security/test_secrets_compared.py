"""Secrets are compared in constant time everywhere, and a sign-in takes the same work whoever does not get in."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher, extract_parameters

from api.database import utc_now
from api.officers.models import Officer
from tests.api.staff_visitor import StaffDoor, Visitor

ROOT = Path(__file__).resolve().parent.parent.parent
SECRET = re.compile(
    r"secret|token|signature|csrf|password|otp|proof|digest|hmac|authorization", re.IGNORECASE
)
# Words of a message are called tokens there.
ABOUT_WORDS = {
    "api/conversations/safety_features.py",
    "api/conversations/train_safety.py",
    "api/conversations/safety.py",
}


def compared_plainly(source: str) -> Iterator[int]:
    """The lines on which a value with the name of a secret is compared by `==` or looked for by `in`."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Compare):
            continue
        if not any(isinstance(how, ast.Eq | ast.NotEq) for how in node.ops):
            continue
        sides = [node.left, *node.comparators]
        # A column compared in a statement is looked up by its hash; what is compared with a constant is no secret.
        if any(isinstance(side, ast.Constant) or _is_column(side) for side in sides):
            continue
        if "repeated" in map(_name_of, sides):
            # What one person typed twice.
            continue
        if any(SECRET.search(_name_of(side)) for side in sides):
            yield node.lineno


def _is_column(side: ast.expr) -> bool:
    return (
        isinstance(side, ast.Attribute)
        and isinstance(side.value, ast.Name)
        and side.value.id[:1].isupper()
    )


def _name_of(side: ast.expr) -> str:
    if isinstance(side, ast.Attribute):
        return side.attr
    if isinstance(side, ast.Call):
        return _name_of(side.func)
    return side.id if isinstance(side, ast.Name) else ""


@pytest.mark.parametrize("folder", ["api", "actions", "channels", "bot"])
def test_no_secret_is_compared_letter_by_letter(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        if str(path.relative_to(ROOT)) not in ABOUT_WORDS
        for line in compared_plainly(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ("given_token == expected", True),
        ("expected != signature_of(body)", True),
        ("self._secret == given", True),
        ("hmac.compare_digest(token, expected)", False),
        ("scheme == 'bearer'", False),
        ("OfficerSession.token_hash == token_hash(token)", False),
    ],
)
def test_the_looking_tells_one_from_the_other(source: str, plain: bool) -> None:
    assert bool(list(compared_plainly(source))) is plain


class TestSigningIn:
    @pytest.fixture
    def verified(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int, int]]:
        """What each check of a password cost: memory, rounds and lanes of argon2."""
        costs: list[tuple[int, int, int]] = []
        verify = PasswordHasher.verify

        def noted(hasher: PasswordHasher, stored: str, password: str) -> Any:
            parameters = extract_parameters(stored)
            costs.append((parameters.memory_cost, parameters.time_cost, parameters.parallelism))
            return verify(hasher, stored, password)

        monkeypatch.setattr(PasswordHasher, "verify", noted)
        return costs

    async def test_is_the_same_work_for_a_wrong_password_an_unknown_name_and_a_closed_account(
        self, door: StaffDoor, visitor: Visitor, verified: list[tuple[int, int, int]]
    ) -> None:
        for username in ("megan", "closed"):
            await door.add_officer(username)
        async with door.runtime.database.session() as session:
            closed = await session.scalars(
                Officer.__table__.select()
                .with_only_columns(Officer.id)
                .where(Officer.username == "closed")
            )
            (await session.get_one(Officer, closed.one())).disabled_at = utc_now()
            await session.commit()
        answers = []
        for username, password in (
            ("megan", "wrong"),
            ("nobody", "wrong"),
            ("closed", door.passwords["closed"]),
            ("", "wrong"),
        ):
            answers.append(
                await visitor.client.post(
                    "/v1/token", data={"username": username, "password": password}
                )
            )
        assert {answer.status_code for answer in answers} <= {401, 422}
        bodies = {answer.text for answer in answers if answer.status_code == 401}
        assert len(bodies) == 1
        assert len(verified) == sum(answer.status_code == 401 for answer in answers)
        assert len(set(verified)) == 1

    async def test_takes_a_password_of_any_length_without_more_work(
        self, door: StaffDoor, visitor: Visitor, verified: list[tuple[int, int, int]]
    ) -> None:
        await door.add_officer("megan")
        for length in (1025, 100_000):
            answer = await visitor.client.post(
                "/v1/token", data={"username": "megan", "password": "x" * length}
            )
            assert answer.status_code == 422
        assert verified == []
