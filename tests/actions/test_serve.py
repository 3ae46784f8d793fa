"""The action server answers Rasa and nobody else."""

import httpx
import pytest
from pydantic import SecretStr

from actions.config import ActionSettings
from actions.serve import create_actions_app
from tests.actions.people import tracker_of, turn_of
from tests.serving import free_port, serving

TOKEN = "rasa-token-of-the-tests-00000001"
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}


def _settings() -> ActionSettings:
    return ActionSettings(
        _env_file=None,
        rasa_token=SecretStr(TOKEN),
        service_token=SecretStr("x" * 32),
        staff_url=f"http://127.0.0.1:{free_port()}",
    )


def _call(action: str, text: str, intent: str, **slots: object) -> dict[str, object]:
    tracker = tracker_of(turn_of(text, intent), **slots).current_state()  # type: ignore[arg-type]
    return {
        "next_action": action,
        "sender_id": tracker["sender_id"],
        "tracker": tracker,
        "domain": {},
        "version": "3",
    }


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer x"}, {"Authorization": "Basic y"}]
)
async def test_without_the_token_nothing_is_run(headers: dict[str, str]) -> None:
    async with serving(create_actions_app(_settings())) as address, httpx.AsyncClient() as client:
        response = await client.post(f"{address}/webhook", json={}, headers=headers)
        assert response.status_code == 401
        assert (await client.get(f"{address}/health")).json() == {"status": "ok"}


async def test_an_action_is_run_for_rasa() -> None:
    async with serving(create_actions_app(_settings())) as address, httpx.AsyncClient() as client:
        response = await client.post(
            f"{address}/webhook",
            json=_call("action_digress", "thanks", "thank", requested_slot="why"),
            headers=AUTHORIZED,
        )
        assert response.status_code == 200
        assert response.json()["responses"][0]["text"] == "You're welcome."


async def test_an_unknown_action_is_said_to_be_missing() -> None:
    async with serving(create_actions_app(_settings())) as address, httpx.AsyncClient() as client:
        response = await client.post(
            f"{address}/webhook", json=_call("action_other", "hi", "greet"), headers=AUTHORIZED
        )
        assert response.status_code == 404


async def test_danger_shows_the_card_even_when_the_staff_door_is_away() -> None:
    async with serving(create_actions_app(_settings())) as address, httpx.AsyncClient() as client:
        response = await client.post(
            f"{address}/webhook",
            json=_call("action_danger", "he is here with a knife", "danger_now"),
            headers=AUTHORIZED,
        )
        assert response.status_code == 200
        first = response.json()["responses"][0]
        assert "999" in first["text"]
        assert first["custom"] == {"kind": "emergency", "request": {"kind": "urgent"}}
