"""What the runbook tells people to run exists."""

import re
from importlib.util import find_spec
from pathlib import Path

from api.config import Settings

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "deploy/RUNBOOK.md").read_text()
TOPICS = (
    *("Degraded mode", "Alarms", "Deployment", "Rotation of keys", "Backups", "Restore"),
    "Stopping",
)


def test_every_module_that_is_run_is_there_and_can_be_run() -> None:
    modules = set(re.findall(r"python -m ([\w.]+)", TEXT))
    assert {"api.renew_keys", "api.audit.verify", "api.officers.add"} <= modules
    for module in modules:
        found = find_spec(module)
        assert found is not None, module
        assert found.origin is not None
        assert '__name__ == "__main__"' in Path(found.origin).read_text()


def test_every_file_that_is_named_is_there() -> None:
    named = set(re.findall(r"(?:deploy|tests)/[\w/.]+\w", TEXT))
    assert len(named) > 8
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
    units = set(re.findall(r"`?(llais-[\w-]+\.(?:timer|service)|llais\.target)", TEXT))
    assert units
    assert all((ROOT / "deploy/systemd" / unit).exists() for unit in units)


def test_every_setting_that_is_named_is_one() -> None:
    settings = {f"LLAIS_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"LLAIS_\w+", TEXT)) - settings == set()


def test_it_has_a_page_for_each_bad_day() -> None:
    headings = re.findall(r"^## (.+)$", TEXT, re.MULTILINE)
    assert [heading for heading in headings if heading in TOPICS] == list(TOPICS)
