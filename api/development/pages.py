"""The pages of the stand-ins, each in both languages, Welsh first."""

from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.words import Words

DEVELOPMENT_DIR = Path(__file__).parent


class Pages:
    def __init__(self) -> None:
        self._words = Words.load(DEVELOPMENT_DIR / "words.yml")
        self._templates = Environment(
            loader=FileSystemLoader(DEVELOPMENT_DIR / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, template: str, **values: Any) -> str:
        return self._templates.get_template(template).render(words=self._words, **values)


def pages_of(request: Request) -> Pages:
    pages = request.app.state.pages
    assert isinstance(pages, Pages)
    return pages


PagesDep = Annotated[Pages, Depends(pages_of)]
