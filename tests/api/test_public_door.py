"""The public door as a whole: what is open, what every answer carries, and what becomes of bad requests."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from api.config import Settings
from api.public import LARGEST_BODY, create_public_app
from tests.serving import serving

# Everything that the internet can reach. A new line here is a decision, not a formality.
PUBLIC_ROUTES = {
    ("GET", "/"),
    ("GET", "/cy"),
    ("GET", "/en"),
    ("GET", "/cy/ffurflen"),
    ("POST", "/cy/ffurflen"),
    ("GET", "/en/form"),
    ("POST", "/en/form"),
    ("GET", "/cy/preifatrwydd"),
    ("GET", "/en/privacy"),
    ("GET", "/cy/hygyrchedd"),
    ("GET", "/en/accessibility"),
    ("GET", "/health"),
    ("GET", "/ready"),
    ("GET", "/v1/openapi.json"),
    ("POST", "/v1/chat/sessions"),
    ("POST", "/v1/chat/messages"),
    ("GET", "/v1/chat/messages"),
    ("GET", "/v1/chat/events"),
    ("POST", "/v1/chat/session/leave"),
    ("DELETE", "/v1/chat/session"),
    ("POST", "/sms/inbound"),
    ("POST", "/sms/status"),
    ("POST", "/sms/alert-status"),
    ("FILES", "/chat"),
    ("FILES", "/styles"),
}
PROBLEM = "application/problem+json"
CHAT_PAGES = ["/", "/cy", "/en"]
PLAIN_PAGES = [
    *("/cy/ffurflen", "/cy/preifatrwydd", "/cy/hygyrchedd"),
    *("/en/form", "/en/privacy", "/en/accessibility"),
]
PAGES = [*CHAT_PAGES, *PLAIN_PAGES]


def routes_of(app: FastAPI) -> set[tuple[str, str]]:
    found = set()
    for route in iter_route_contexts(app.routes):
        methods = {"FILES"} if isinstance(route.route, Mount) else route.methods or {"UNKNOWN"}
        found |= {(method, str(route.path)) for method in methods}
    return {(method, path) for method, path in found if method != "HEAD"}


def test_nothing_is_public_but_the_listed_routes(settings: Settings) -> None:
    assert routes_of(create_public_app(settings)) == PUBLIC_ROUTES


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/cy/ffurflen"),
        ("POST", "/en/form"),
        ("GET", "/chat/main.js"),
        ("GET", "/health"),
        ("GET", "/nowhere"),
        ("PUT", "/health"),
        ("GET", "/v1/chat/messages"),
        ("POST", "/sms/inbound"),
    ],
)
async def test_every_answer_is_kept_private(
    public: httpx.AsyncClient, method: str, path: str
) -> None:
    answer = await public.request(method, path)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer.headers


async def test_the_page_may_be_framed_where_the_settings_allow_it(settings: Settings) -> None:
    allowed = settings.model_copy(update={"frame_ancestors": "https://heddlu.example"})
    app = create_public_app(allowed)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://llais.test"
        ) as client,
    ):
        answer = await client.get("/")
    assert "frame-ancestors https://heddlu.example" in answer.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer.headers


async def test_a_fault_of_ours_is_a_problem_without_content(
    public_app: FastAPI, public: httpx.AsyncClient
) -> None:
    runtime, public_app.state.runtime = public_app.state.runtime, None
    try:
        answer = await public.post("/v1/chat/sessions", json={"language": None})
    finally:
        public_app.state.runtime = runtime
    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == PROBLEM
    assert answer.json()["type"] == "urn:llais:problem:internal-error"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nowhere", 404), ("PUT", "/health", 405)]
)
async def test_what_is_not_there_is_a_problem(
    public: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await public.request(method, path)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == PROBLEM
    assert answer.json()["status"] == status


async def test_health_says_alive(public: httpx.AsyncClient) -> None:
    answer = await public.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_ready_names_what_is_missing(public: httpx.AsyncClient) -> None:
    answer = await public.get("/ready")
    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == PROBLEM
    assert answer.json()["missing"] == ["rasa", "model", "actions"]


@pytest.fixture
async def rasa_and_actions() -> AsyncIterator[str]:
    app = FastAPI()

    @app.get("/health")
    async def actions() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/webhooks/llais/health")
    async def rasa() -> dict[str, str | bool]:
        return {"status": "ok", "model": True}

    async with serving(app) as address:
        yield address


async def test_ready_once_everything_answers(settings: Settings, rasa_and_actions: str) -> None:
    complete = settings.model_copy(
        update={"rasa_url": rasa_and_actions, "actions_url": rasa_and_actions}
    )
    app = create_public_app(complete)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://llais.test"
        ) as client,
    ):
        answer = await client.get("/ready")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_too_large_a_body_is_refused_whatever_length_it_announces(
    public: httpx.AsyncClient,
) -> None:
    async def in_pieces() -> AsyncIterator[bytes]:
        for _ in range(9):
            yield b"x" * (LARGEST_BODY // 8)

    announced = await public.post("/v1/chat/sessions", content=b"x" * (LARGEST_BODY + 1))
    in_chunks = await public.post("/v1/chat/sessions", content=in_pieces())
    for answer in (announced, in_chunks):
        assert answer.status_code == 413
        assert answer.headers["Content-Type"] == PROBLEM
        assert answer.json()["type"] == "urn:llais:problem:body-too-large"
        assert answer.headers["Cache-Control"] == "no-store"


async def test_json_that_is_not_utf_8_is_refused(public: httpx.AsyncClient) -> None:
    answer = await public.post(
        "/v1/chat/sessions",
        content='{"language": "cŷ"}'.encode("utf-16"),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:llais:problem:not-utf-8"


async def test_broken_json_is_refused_without_being_repeated(public: httpx.AsyncClient) -> None:
    answer = await public.post(
        "/v1/chat/sessions",
        content=b'{"language": cyfrinach',
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == PROBLEM
    assert "cyfrinach" not in answer.text


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_has_nothing_inline_and_nothing_from_elsewhere(
    public: httpx.AsyncClient, path: str
) -> None:
    page = (await public.get(path)).text
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert "<style" not in page
    assert re.findall(r"\s(?:style|on\w+)=", page) == []
    sources = re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="([^"]*)"', page)
    assert sources
    assert all(source.startswith("/") for source in sources)
    for source in sources:
        if not source.startswith("/styles/"):
            assert (await public.get(source)).status_code == 200


@pytest.mark.parametrize(
    ("path", "lang", "shown", "title"),
    [("/", "cy", "both", "Sgwrs"), ("/cy", "cy", "cy", "Sgwrs"), ("/en", "en", "en", "Chat")],
)
async def test_a_page_says_its_language_and_has_a_neutral_title(
    public: httpx.AsyncClient, path: str, lang: str, shown: str, title: str
) -> None:
    page = (await public.get(path)).text
    assert f'<html lang="{lang}" data-language="{shown}">' in page
    assert re.findall(r"<title[^>]*>([^<]*)</title>", page) == [title]


async def test_without_scripts_the_page_says_how_else_to_report(public: httpx.AsyncClient) -> None:
    page = (await public.get("/")).text
    instead = page.partition("<noscript>")[2].partition("</noscript>")[0]
    for way in (">999</a>", ">101</a>", "07700 900000"):
        assert instead.count(way) == 2, f"{way} is named in both languages"
    assert instead.index('lang="cy"') < instead.index('lang="en"')


@pytest.mark.parametrize("path", PLAIN_PAGES)
async def test_a_plain_page_has_no_script_and_leads_to_no_third_party_but_by_the_exit(
    public: httpx.AsyncClient, path: str
) -> None:
    page = (await public.get(path)).text
    assert "<script" not in page
    assert f'<html lang="{path[1:3]}">' in page
    elsewhere = set(re.findall(r'(?:href|action|src)="(http[^"]*)"', page))
    assert elsewhere == {"https://www.bbc.co.uk/weather"}


@pytest.mark.parametrize("path", PLAIN_PAGES[1:3] + PLAIN_PAGES[4:])
async def test_what_only_the_force_can_say_is_marked_as_missing(
    public: httpx.AsyncClient, path: str
) -> None:
    page = (await public.get(path)).text
    assert "[enw&#39;r heddlu]" in page or "[the name of the force]" in page


async def test_without_scripts_the_page_offers_the_form_in_both_languages(
    public: httpx.AsyncClient,
) -> None:
    page = (await public.get("/")).text
    instead = page.partition("<noscript>")[2].partition("</noscript>")[0]
    assert instead.index('href="/cy/ffurflen"') < instead.index('href="/en/form"')


async def test_pages_are_compressed_and_event_streams_are_not(public: httpx.AsyncClient) -> None:
    page = await public.get("/", headers={"Accept-Encoding": "gzip"})
    assert page.headers["Content-Encoding"] == "gzip"
