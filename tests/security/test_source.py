"""What the source must not do, whoever writes the next line: each a way in that is shut by not being there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_house_rules import ROOT, sources

PRODUCT = ("actions", "api", "bot", "channels")
# Only these talk to the outside over HTTP, to addresses that settings or data/partners name. The launcher, what trains
# and the stand-ins of development are no part of a running product.
CALL_OUTSIDE = {
    "actions/case_client.py",
    "api/canary/travel.py",
    "api/officers/oidc.py",
    "api/readiness.py",
    "api/worker.py",
    "bot/health.py",
    "channels/partner_webhook.py",
    "channels/rasa_client.py",
    "channels/rasa_connector.py",
    "channels/sms.py",
    "channels/webhook.py",
}
# Goes through tables and columns by their names in our own models; values travel beside.
NAMES_TABLES = {"api/renew_keys.py"}
HTTP_CLIENTS = {"httpx", "aiohttp", "requests", "urllib.request", "http.client"}
NO_PART_OF_IT = ("api/launch/", "api/development/")
# Made of our own squares, dates and tel: links; everything in them is escaped by Markup.format.
MAKE_MARKUP = {
    "api/ui/pages.py",
    "api/officers/second_factor.py",
    "api/conversations/public_pages.py",
}


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call in the product's source, with the file that it stands in."""
    for folder in PRODUCT:
        for path, tree in sources(folder):
            name = str(path.relative_to(ROOT))
            yield from ((name, node) for node in ast.walk(tree) if isinstance(node, ast.Call))


def imports() -> Iterator[tuple[str, str]]:
    for folder in PRODUCT:
        for path, tree in sources(folder):
            name = str(path.relative_to(ROOT))
            for node in ast.walk(tree):
                if isinstance(node, ast.Import):
                    yield from ((name, alias.name) for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module:
                    yield name, node.module


def test_nothing_turns_data_into_code() -> None:
    forbidden = re.compile(
        r"^(eval|exec|compile|__import__|os\.system|os\.popen|yaml\.unsafe_load"
        r"|pickle\..*|marshal\.loads?|shelve\..*|joblib\.load)$"
    )
    found = [
        f"{name}:{call.lineno} {ast.unparse(call.func)}"
        for name, call in calls()
        if forbidden.match(ast.unparse(call.func))
        or any(keyword.arg == "shell" for keyword in call.keywords)
        or any(
            keyword.arg == "allow_pickle" and ast.unparse(keyword.value) != "False"
            for keyword in call.keywords
        )
    ]
    assert found == []
    loaders = [call for _, call in calls() if ast.unparse(call.func) == "yaml.load"]
    # The base loader makes texts of everything.
    assert all(
        re.search(r"Loader=yaml\.C?(Safe|Base)Loader", ast.unparse(call)) for call in loaders
    )
    modules = {module.partition(".")[0] for _, module in imports()}
    assert not modules & {"pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}


def test_sql_is_never_put_together_from_what_comes_in() -> None:
    """A text for the database is written out, or put together of parts that stand in the source."""
    found = [
        f"{name}:{call.lineno}"
        for name, call in calls()
        if ast.unparse(call.func).rpartition(".")[2] in {"text", "execute"}
        and call.args
        and "migrations/versions" not in name
        and not name.startswith(NO_PART_OF_IT)
        and name not in NAMES_TABLES
        and not _stands_in_the_source(call.args[0])
    ]
    assert found == []


def _stands_in_the_source(words: ast.expr) -> bool:
    """Whether a text is not put together, or of constants alone."""
    if isinstance(words, ast.JoinedStr):
        parts = [part.value for part in words.values if isinstance(part, ast.FormattedValue)]
        return all(isinstance(part, ast.Name) and part.id.isupper() for part in parts)
    return not isinstance(words, ast.BinOp)


def test_no_spreadsheet_is_made_that_could_carry_a_formula() -> None:
    """An export is JSON or a page. Whoever adds a table for spreadsheets must think of =HYPERLINK(…) first."""
    modules = {(name, module) for name, module in imports() if not name.startswith(NO_PART_OF_IT)}
    tabular = {"csv", "openpyxl", "xlsxwriter", "pandas", "xlwt"}
    # What evaluates reads test sets with tabs, and writes none.
    found = {name for name, module in modules if module in tabular} - {"api/evaluate.py"}
    assert found == set()
    texts = [path.read_text() for folder in PRODUCT for path in (ROOT / folder).rglob("*.py")]
    assert not any("text/csv" in text or "spreadsheetml" in text for text in texts)


def test_only_these_modules_call_anybody_over_http() -> None:
    clients = {
        name
        for name, module in imports()
        if (module in HTTP_CLIENTS or module == "twilio.rest")
        and not name.startswith(NO_PART_OF_IT)
    }
    assert clients <= CALL_OUTSIDE


def test_nobody_is_led_on_to_another_address() -> None:
    found = [
        f"{name}:{call.lineno}"
        for name, call in calls()
        for keyword in call.keywords
        if keyword.arg in {"follow_redirects", "allow_redirects"}
        and ast.unparse(keyword.value) != "False"
    ]
    assert found == []


def test_certificates_are_always_looked_at() -> None:
    found = [
        f"{name}:{call.lineno}"
        for name, call in calls()
        for keyword in call.keywords
        if keyword.arg in {"verify", "validate_certs", "ssl", "check_hostname"}
        and ast.unparse(keyword.value) == "False"
    ]
    assert found == []


TEMPLATES = sorted((ROOT / "api" / "ui" / "templates").rglob("*.html"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_never_says_that_words_are_safe(template: Path) -> None:
    text = template.read_text()
    html = re.sub(r"\{%.*?%\}", "", text, flags=re.DOTALL)
    assert not re.search(r"\|\s*safe\b|autoescape\s+false|Markup", text)
    # Inline code would need a hole in the policy of both doors; an attribute without quotes one in the escaping.
    assert not re.search(r"\son[a-z]+\s*=|javascript:|<script(?![^>]*\bsrc=)", html)
    assert not re.search(r"\s[a-z-]+=\{\{", re.sub(r'"[^"]*"', '""', html))


def script_files() -> list[Path]:
    return sorted(
        path for path in (ROOT / "api" / "ui").rglob("*.js") if "node_modules" not in path.parts
    )


@pytest.mark.parametrize("script", script_files(), ids=lambda path: path.name)
def test_no_script_makes_properties_of_what_comes_in(script: Path) -> None:
    """Names from elsewhere as properties, or objects merged into objects, are how a prototype is reached."""
    code = re.sub(r"//.*|/\*.*?\*/", "", script.read_text())
    assert not re.search(r"__proto__|\bprototype\b|setPrototypeOf", code)
    assert not re.search(
        r"Object\.(assign|fromEntries|defineProperty)|\bfor \((const|let|var) \w+ in\b", code
    )
    # A number between the brackets is a place in a list.
    assert not re.search(r"[\w)\]]\[(?!\d+\])[^\]\n]+\]\s*=(?![=>])", code)


def test_markup_is_made_in_few_places() -> None:
    made = {name for name, call in calls() if ast.unparse(call.func) == "Markup"}
    made |= {name for name, call in calls() if ast.unparse(call.func) == "Environment"}
    rendering = {name for name in made if not name.startswith(NO_PART_OF_IT)}
    assert rendering <= MAKE_MARKUP | {"api/ui/build.py"}
    environments = [
        call
        for name, call in calls()
        if ast.unparse(call.func) == "Environment" and not name.startswith("api/launch/")
    ]
    assert environments
    for call in environments:
        assert any(
            keyword.arg == "autoescape" and ast.unparse(keyword.value) == "True"
            for keyword in call.keywords
        )
