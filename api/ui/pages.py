"""Pages of the staff door: Jinja2 templates, every value escaped, in the reader's language."""

from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from api.conversations.dates import say_date
from api.database import utc_now
from api.local_time import LONDON
from api.officers.sessions import SignedIn
from api.runtime import Runtime
from api.ui import assets
from api.ui.dates import say_moment
from api.words import Language, Words

LANGUAGE_COOKIE: Final = "llais_language"
# Its name where there is TLS.
LANGUAGE_COOKIE_SECURE: Final = f"__Host-{LANGUAGE_COOKIE}"


class Phrases:
    """The words of one language, for a template."""

    def __init__(self, words: Words, language: Language) -> None:
        self._words = words
        self._language = language

    def __call__(self, key: str, **values: object) -> str:
        return self._words.say(key, self._language, **values)

    def code(self, kind: str, code: str) -> str:
        """A code of ours in words; one from a later policy stands as it is until it has words."""
        key = f"{kind}_{code.replace('-', '_')}"
        return self(key) if key in self._words.phrases else code.replace("_", " ")


class Pages:
    """Renders templates. `version` changes with the built files, so that browsers fetch them."""

    def __init__(self, words: Words, built_dir: Path = assets.STYLES) -> None:
        self._words = words
        self._templates = Environment(
            loader=FileSystemLoader(assets.TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        fingerprint = built_dir / "fingerprint"
        self._version = fingerprint.read_text()[:12] if fingerprint.exists() else "unbuilt"

    def answer(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        language: Language | None = None,
        **values: Any,
    ) -> HTMLResponse:
        """A page, or part of one, as a response."""
        signed_in = signed_in_of(request)
        language = language or language_of(request)
        now = utc_now()

        def moment(when: datetime, *, soft: bool = False) -> Markup:
            said = say_moment(when, language, now, soft=soft)
            return Markup('<time datetime="{}">{}</time>').format(when.isoformat(), said)

        def day(which: date) -> Markup:
            noon = datetime(which.year, which.month, which.day, 12, tzinfo=LONDON)
            return Markup('<time datetime="{}">{}</time>').format(
                which.isoformat(), f"{say_date(noon, language)} {which.year}"
            )

        html = self._templates.get_template(template).render(
            t=Phrases(self._words, language),
            language=language,
            other_language="en" if language == "cy" else "cy",
            officer=signed_in.officer if signed_in else None,
            csrf_token=signed_in.csrf_token if signed_in else "",
            path=request.url.path,
            version=self._version,
            moment=moment,
            day=day,
            local=lambda when: when.astimezone(LONDON),
            now=now,
            sound=getattr(request.state, "sound", False),
            **{"notices": getattr(request.state, "notices", None), **values},
        )
        return HTMLResponse(html, status_code=status)


def pages_of(request: Request) -> Pages:
    pages = request.app.state.pages
    assert isinstance(pages, Pages)
    return pages


def signed_in_of(request: Request) -> SignedIn | None:
    """Whoever a dependency of this request found to be signed in."""
    signed_in = getattr(request.state, "signed_in", None)
    return signed_in if isinstance(signed_in, SignedIn) else None


def language_of(request: Request) -> Language:
    """The officer's language; before sign-in the one last chosen here, else Welsh."""
    signed_in = signed_in_of(request)
    if signed_in:
        chosen: str | None = signed_in.officer.language
    else:
        cookies = request.cookies
        chosen = cookies.get(LANGUAGE_COOKIE_SECURE) or cookies.get(LANGUAGE_COOKIE)
    return "en" if chosen == "en" else "cy"


def remember_language(response: Response, runtime: Runtime, language: Language) -> None:
    """Keep a choice of language for the next sign-in. It says nothing about a person."""
    response.set_cookie(
        LANGUAGE_COOKIE if runtime.settings.development else LANGUAGE_COOKIE_SECURE,
        language,
        max_age=365 * 24 * 3600,
        httponly=True,
        samesite="strict",
        secure=not runtime.settings.development,
    )
