"""Pages of the public door that are whole without a script, each in one language."""

import re
from functools import cache
from typing import Any, Final

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from api.conversations.form_view import parts_of
from api.runtime import Runtime, RuntimeDep
from api.ui import assets
from api.words import Language
from channels.sms import readable_number
from channels.web import MAX_CHARACTERS

# Where the exit leads: a page that anybody might have open.
EXIT_ADDRESS: Final = "https://www.bbc.co.uk/weather"
FORM_PATHS: Final[dict[Language, str]] = {"cy": "/cy/ffurflen", "en": "/en/form"}
PRIVACY_PATHS: Final[dict[Language, str]] = {"cy": "/cy/preifatrwydd", "en": "/en/privacy"}
ACCESSIBILITY_PATHS: Final[dict[Language, str]] = {
    "cy": "/cy/hygyrchedd",
    "en": "/en/accessibility",
}
# Numbers that can save a life can be touched: three digits, or a helpline's in its usual groups.
_NUMBER: Final = re.compile(r"\b(999|111|101|116 123|0[38]00 [\d ]{5,10}\d|0808 [\d ]{5,10}\d)\b")
_EXAMPLES: Final = {"example": "1234 5678 9012", "characters": f"{MAX_CHARACTERS:,}"}


def with_numbers_to_call(text: str) -> Markup:
    """The text, escaped, in which telephone numbers are links that call them."""
    return Markup("").join(
        Markup('<a class="app-call" href="tel:{}">{}</a>').format(piece.replace(" ", ""), piece)
        if at % 2
        else piece
        for at, piece in enumerate(_NUMBER.split(text))
    )


@cache
def templates() -> Environment:
    """The templates of the public door, each compiled once; every value in them is escaped."""
    return Environment(
        loader=FileSystemLoader(assets.TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


class PublicPages:
    """Renders pages with the words of one language."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def answer(
        self, template: str, language: Language, *, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """A page as a response."""
        words = self._runtime.words

        def t(key: str, **facts: object) -> str:
            return words.say(key, language, **_EXAMPLES, **facts)

        html = (
            templates()
            .get_template(template)
            .render(
                t=t,
                words=words,
                language=language,
                other_language="en" if language == "cy" else "cy",
                form_paths=FORM_PATHS,
                privacy_paths=PRIVACY_PATHS,
                accessibility_paths=ACCESSIBILITY_PATHS,
                exit_address=EXIT_ADDRESS,
                text_number=readable_number(self._runtime.settings.twilio_from),
                parts_of=parts_of,
                with_numbers_to_call=with_numbers_to_call,
                **values,
            )
        )
        return HTMLResponse(html, status_code=status)


async def public_pages_of(runtime: RuntimeDep) -> PublicPages:
    return PublicPages(runtime)
