"""What browsers fetch is built from a lock file that anybody can use, and only when it must be."""

import json
import re
from pathlib import Path

from api.launch import npm
from api.ui import assets
from api.ui.build import COPIED, build


def test_packages_come_from_the_public_registry_in_exact_versions() -> None:
    package, lock = (json.loads((assets.UI_DIR / name).read_text()) for name in npm.FILES)
    wanted = {**package["dependencies"], **package["devDependencies"]}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    for name, entry in lock["packages"].items():
        assert entry.get("resolved", "https://registry.npmjs.org/").startswith(
            "https://registry.npmjs.org/"
        ), name
        assert not name or entry["integrity"].startswith("sha512-"), name


def test_a_second_build_reuses_the_first_and_holds_everything_the_pages_name() -> None:
    build()
    assert build() is False
    named = set()
    for template in (assets.TEMPLATES / "staff").glob("*.html"):
        named |= set(re.findall(r'"/static/([^?"]+)', template.read_text()))
    assert named >= {"staff.css", "staff.js", "htmx.min.js"}
    for name in {*named, *COPIED.values()}:
        assert (assets.STYLES / name).stat().st_size > 0, name


def test_style_sheets_fetch_nothing_and_carry_no_crown() -> None:
    build()
    sheets: list[Path] = sorted(assets.STYLES.glob("*.css"))
    assert sheets
    for sheet in sheets:
        css = sheet.read_text()
        assert "url(" not in css, sheet.name
        assert "GDS Transport" not in css, sheet.name
