"""The action server: Rasa calls `POST /webhook` with its bearer token; nobody else is answered."""

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

from actions.asking import ActionAskForRoute, ActionAskReferral, ActionAskReview, ConsentRules
from actions.case_client import CaseClient
from actions.case_wishes import CaseWishes
from actions.catalogue import Catalogue
from actions.changing import AnswerNames
from actions.commands import ActionGoBack, ActionRestart, ActionStop
from actions.config import ROOT, ActionSettings
from actions.digressions import (
    ActionClarify,
    ActionDanger,
    ActionDigress,
)
from actions.directory import Directory
from actions.drafts import DraftRules
from actions.finish import ActionFinishReport
from actions.pausing import ActionAskPause, ActionDistress
from actions.policy import policy_in_force
from actions.repeating import ActionRepeat
from actions.report_form import ValidateReportForm
from actions.support import ActionSupport
from api.logs import configure_logs

# Questions with other words for what happened to somebody else.
ASKED_BY_ROUTE = ("threats", "knows_where", "children", "alone", "health_need")


def consent_rules() -> ConsentRules:
    """What the force's policy in force says about the choice of support."""
    return ConsentRules.of_policy(policy_in_force()["consent"])


def executor_of(cases: CaseClient) -> ActionExecutor:
    """Every action, registered under its name."""
    catalogue, directory = Catalogue.load(ROOT), Directory.load(ROOT)
    rules, drafts = consent_rules(), DraftRules.of_policy(policy_in_force())
    executor = ActionExecutor()
    for action in (
        ValidateReportForm(
            catalogue,
            CaseWishes(catalogue, cases, rules.wording_version),
            AnswerNames.load(ROOT),
            directory,
        ),
        ActionAskReferral(catalogue, rules),
        *(ActionAskForRoute(catalogue, f"risk_{code}") for code in ASKED_BY_ROUTE),
        ActionAskReview(catalogue),
        ActionFinishReport(catalogue, cases, rules.wording_version, drafts),
        ActionAskPause(catalogue, drafts),
        ActionDistress(catalogue),
        ActionRepeat(catalogue, drafts),
        ActionSupport(catalogue, directory),
        ActionDigress(catalogue),
        ActionDanger(catalogue),
        ActionClarify(catalogue),
        ActionGoBack(catalogue),
        ActionStop(catalogue, drafts),
        ActionRestart(catalogue),
    ):
        executor.register_action(action)
    return executor


def create_actions_app(settings: ActionSettings) -> FastAPI:
    cases = CaseClient(settings.staff_address, settings.service_token.get_secret_value())
    executor = executor_of(cases)
    expected = f"Bearer {settings.rasa_token.get_secret_value()}".encode()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await cases.close()

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/webhook")
    async def run_action(request: Request) -> Response:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, expected):
            return Response(status_code=401)
        try:
            result = await executor.run(await request.json())
        except ActionExecutionRejection as rejection:
            return JSONResponse(
                {"action_name": rejection.action_name, "error": "rejected"}, status_code=400
            )
        except ActionNotFoundException as missing:
            return JSONResponse({"action_name": missing.action_name}, status_code=404)
        return JSONResponse(result.model_dump() if result else {})

    return app


def main() -> None:
    settings = ActionSettings()
    configure_logs("actions")
    uvicorn.run(
        create_actions_app(settings),
        host=settings.host,
        port=settings.actions_port,
        access_log=False,
        log_config=None,
        server_header=False,
        ws="none",
    )


if __name__ == "__main__":
    main()
