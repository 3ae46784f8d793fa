"""Whether the whole product can take a report now, asked by both doors' `/ready`."""

import asyncio

import httpx
from fastapi import APIRouter
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api.description import problems
from api.problems import NotReady
from api.runtime import Runtime, RuntimeDep

TIMEOUT_SECONDS = 2.0

router = APIRouter(tags=["health"])


@router.get("/health")
async def health() -> dict[str, str]:
    """This process is alive."""
    return {"status": "ok"}


@router.get("/ready", responses=problems(NotReady))
async def ready(runtime: RuntimeDep) -> dict[str, str]:
    """Everything answers and a model is loaded; otherwise 503 with what is `missing`."""
    missing = await what_is_missing(runtime)
    if missing:
        raise NotReady("Not ready yet: " + ", ".join(missing) + ".", missing=missing)
    return {"status": "ok"}


async def what_is_missing(runtime: Runtime) -> list[str]:
    """The parts that do not answer, out of database, queue, rasa, model and actions."""
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False) as client:
        answers = await asyncio.gather(
            _missing_in_database(runtime),
            _missing_in_rasa(client, runtime),
            _missing_in_actions(client, runtime),
        )
    return [name for names in answers for name in names]


async def _missing_in_database(runtime: Runtime) -> list[str]:
    if not await runtime.database.answers():
        return ["database", "queue"]
    try:
        async with runtime.database.session() as session:
            await session.execute(text("select 1 from procrastinate_jobs limit 1"))
    except SQLAlchemyError:
        return ["queue"]
    return []


async def _missing_in_rasa(client: httpx.AsyncClient, runtime: Runtime) -> list[str]:
    token = runtime.settings.rasa_token.get_secret_value()
    try:
        response = await client.get(
            f"{runtime.settings.rasa_address}/webhooks/llais/health",
            headers={"Authorization": f"Bearer {token}"},
        )
        answer = response.json() if response.status_code == httpx.codes.OK else None
    except (httpx.HTTPError, ValueError):
        answer = None
    if not isinstance(answer, dict) or answer.get("status") != "ok":
        return ["rasa", "model"]
    return [] if answer.get("model") else ["model"]


async def _missing_in_actions(client: httpx.AsyncClient, runtime: Runtime) -> list[str]:
    try:
        response = await client.get(f"{runtime.settings.actions_address}/health")
    except httpx.HTTPError:
        return ["actions"]
    return [] if response.status_code == httpx.codes.OK else ["actions"]
