"""Rasa, the actions, the service calls and the database answer their peers and nobody else, on this machine alone."""

import httpx
import psutil
import psycopg
import pytest

from api.config import socket_database_url
from tests.journeys.product import Product
from tests.journeys.product_processes import family, owners_database_url, port_of

# What Rasa offers when its HTTP API or another of its channels is on. https://rasa.com/docs/rasa/pages/http-api
RASAS_OWN = [
    ("POST", "/webhooks/rest/webhook"),
    ("POST", "/webhooks/callback/webhook"),
    ("GET", "/webhooks/rest/"),
    ("POST", "/model/train"),
    ("POST", "/model/parse"),
    ("PUT", "/model"),
    ("DELETE", "/model"),
    ("GET", "/domain"),
    ("GET", "/status"),
    ("GET", "/conversations/default/tracker"),
    ("POST", "/conversations/default/tracker/events"),
    ("GET", "/conversations/default/story"),
    ("POST", "/conversations/default/execute"),
    ("POST", "/conversations/default/trigger_intent"),
    ("POST", "/conversations/default/predict"),
]
TURN = {"message_id": "1", "conversation_id": "2", "text": "helo", "metadata": {"channel": "web"}}
SERVICE_CALLS = ["/v1/reports", "/v1/reports/status", "/v1/urgent-alerts"]


Headers = dict[bytes, bytes]


def wrong_tokens(product: Product, own: str) -> list[Headers]:
    """No token, a wrong one, one of another peer, what is no text, and the right one said in another way."""
    secrets = product.secrets
    others = [
        secret
        for name, secret in secrets.items()
        if name in ("LLAIS_SERVICE_TOKEN", "LLAIS_RASA_TOKEN") and name != own
    ]
    assert secrets[own]
    assert others
    right = secrets[own].encode()
    tokens = [b"x", b"\xff", *map(str.encode, others), right[:-1], right + b"x"]
    shown = [{b"Authorization": b"Bearer " + token} for token in tokens]
    return [
        {},
        *shown,
        {b"Authorization": right},
        {b"X-Token": right},
        {b"Authorization": b"Bearer"},
    ]


@pytest.fixture
def rasa(product: Product) -> str:
    return f"http://127.0.0.1:{port_of(product, 'RASA')}"


@pytest.fixture
def actions(product: Product) -> str:
    return f"http://127.0.0.1:{port_of(product, 'ACTIONS')}"


def test_rasa_takes_a_turn_from_the_worker_only(product: Product, rasa: str) -> None:
    for headers in wrong_tokens(product, "LLAIS_RASA_TOKEN"):
        turn = httpx.post(f"{rasa}/webhooks/llais/turn", json=TURN, headers=headers)
        health = httpx.get(f"{rasa}/webhooks/llais/health", headers=headers)
        assert (turn.status_code, health.status_code) == (401, 401)
        assert "helo" not in turn.text
    right = {"Authorization": f"Bearer {product.secrets['LLAIS_RASA_TOKEN']}"}
    assert httpx.get(f"{rasa}/webhooks/llais/health", headers=right).status_code == 200


@pytest.mark.parametrize(("method", "path"), RASAS_OWN)
def test_nothing_else_of_rasa_is_open(product: Product, rasa: str, method: str, path: str) -> None:
    for headers in ({}, {"Authorization": f"Bearer {product.secrets['LLAIS_RASA_TOKEN']}"}):
        answer = httpx.request(method, rasa + path, headers=headers)
        assert answer.status_code in (404, 405), path
        assert httpx.request(
            method, rasa + path, params={"token": product.secrets["LLAIS_RASA_TOKEN"]}
        ).status_code in (404, 405)


def test_the_actions_run_for_rasa_only(product: Product, actions: str) -> None:
    for headers in wrong_tokens(product, "LLAIS_RASA_TOKEN"):
        answer = httpx.post(f"{actions}/webhook", json={"next_action": "x"}, headers=headers)
        assert (answer.status_code, answer.text) == (401, "")
    right = {"Authorization": f"Bearer {product.secrets['LLAIS_RASA_TOKEN']}"}
    known = httpx.post(f"{actions}/webhook", content=b"{", headers=right)
    assert known.status_code not in (200, 401)


@pytest.mark.parametrize("path", ["/", "/actions", "/docs", "/openapi.json", "/webhook/x"])
def test_nothing_else_of_the_actions_is_open(actions: str, path: str) -> None:
    assert httpx.get(actions + path).status_code == 404


@pytest.mark.parametrize("path", SERVICE_CALLS)
def test_service_calls_are_for_the_actions_only(product: Product, path: str) -> None:
    for headers in wrong_tokens(product, "LLAIS_SERVICE_TOKEN"):
        answer = httpx.post(
            product.staff + path, json={}, headers={**headers, b"Idempotency-Key": b"12345678"}
        )
        assert answer.status_code == 401
    right = {"Authorization": f"Bearer {product.secrets['LLAIS_SERVICE_TOKEN']}"}
    # Nothing in it, so nothing is done; but it was let in.
    assert httpx.post(product.staff + path, json={}, headers=right).status_code in (404, 422)


@pytest.mark.parametrize("path", [*SERVICE_CALLS, "/metrics", "/v1/cases", "/queue", "/sign-in"])
def test_the_public_door_has_nothing_of_the_staff_door(product: Product, path: str) -> None:
    assert httpx.get(product.public + path).status_code == 404
    assert httpx.post(product.public + path).status_code == 404


def test_metrics_are_closed_while_they_have_no_token(product: Product) -> None:
    for headers in ({}, {"Authorization": "Bearer"}, {"Authorization": "Bearer x"}):
        assert httpx.get(f"{product.staff}/metrics", headers=headers).status_code == 401


def test_every_process_listens_on_this_machine_alone(product: Product) -> None:
    listening = {
        connection.laddr
        for process in family(product)
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert len(listening) >= 4
    assert {address.ip for address in listening} == {"127.0.0.1"}


def test_the_database_asks_for_a_password_and_listens_on_no_port(product: Product) -> None:
    with psycopg.connect(owners_database_url(product)) as connection:
        shown = connection.execute("show listen_addresses").fetchone()
        sockets = connection.execute("show unix_socket_directories").fetchone()
    assert shown == ("",)
    assert sockets is not None
    for user in ("llais", "llais_product", "postgres"):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(socket_database_url(user, "wrong", sockets[0], "llais"))
