"""A stock Rasa server: its default NLU pipeline, its REST channel, our intents and examples, no actions.

DIET is trained for one epoch: more would make it answer better, not faster.
"""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import yaml

from tests.dialogue.assistant import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
PYTHON = str(ROOT / ".venv-bot" / "bin" / "python")
START_SECONDS = 300
EXAMPLES_PER_INTENT = 40
PIPELINE = [
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {"name": "DIETClassifier", "epochs": 1, "constrain_similarities": True},
    {"name": "EntitySynonymMapper"},
    {"name": "ResponseSelector", "epochs": 1, "constrain_similarities": True},
    {"name": "FallbackClassifier", "threshold": 0.0001, "ambiguity_threshold": 0.00001},
]


def _examples() -> list[dict[str, str]]:
    """Our intents in both languages, so many examples of each that a benchmark can wait for them."""
    nlu: dict[str, list[str]] = {}
    for folder in ("nlu_cy", "nlu_en"):
        for path in sorted((ROOT / "data" / folder).glob("*.yml")):
            for item in yaml.safe_load(path.read_text())["nlu"]:
                lines = item["examples"].splitlines()[:EXAMPLES_PER_INTENT]
                nlu.setdefault(item["intent"], []).extend(lines)
    return [{"intent": name, "examples": "\n".join(lines)} for name, lines in nlu.items()]


def _write_project(directory: Path) -> None:
    nlu = _examples()
    intents = [item["intent"] for item in nlu if item["intent"] not in {"restart", "back"}]
    files = {
        "config.yml": {
            "recipe": "default.v1",
            "language": "en",
            "assistant_id": "stock",
            "pipeline": PIPELINE,
            "policies": [{"name": "RulePolicy"}],
        },
        "domain.yml": {
            "version": "3.1",
            "intents": intents,
            "responses": {"utter_ok": [{"text": "ok"}]},
        },
        "nlu.yml": {
            "version": "3.1",
            "nlu": [item for item in nlu if item["intent"] in intents],
        },
        "rules.yml": {
            "version": "3.1",
            "rules": [
                {"rule": name, "steps": [{"intent": name}, {"action": "utter_ok"}]}
                for name in (*intents, "nlu_fallback")
            ],
        },
        "credentials.yml": {"rest": None},
    }
    for name, content in files.items():
        (directory / name).write_text(yaml.safe_dump(content, allow_unicode=True))


@contextmanager
def running_stock_rasa(parent: Path) -> Iterator[str]:
    """Train it, start it, and yield its address."""
    directory = parent / "stock"
    directory.mkdir()
    _write_project(directory)
    port = free_port()
    quiet = {
        **os.environ,
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONWARNINGS": "ignore",
        "TQDM_DISABLE": "1",
    }
    print("Training a stock Rasa on the same intents (a minute or two) ...", flush=True)
    trained = subprocess.run(
        [PYTHON, "-m", "rasa", "train", "--data", "nlu.yml", "rules.yml", "--quiet"],
        cwd=directory,
        env=quiet,
        capture_output=True,
        text=True,
        check=False,
    )
    if trained.returncode != 0:
        raise RuntimeError(f"the stock Rasa could not be trained: {trained.stderr[-500:]}")
    log = (directory / "log").open("wb")
    process = subprocess.Popen(
        [PYTHON, "-m", "rasa", "run", "--port", str(port), "--interface", "127.0.0.1"],
        cwd=directory,
        env=quiet,
        stdout=log,
        stderr=log,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address)
        yield address
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            body = {"sender": "warm", "message": "hello"}
            answer = httpx.post(f"{address}/webhooks/rest/webhook", json=body, timeout=30)
            if answer.status_code == 200 and answer.json():
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    raise RuntimeError("the stock Rasa did not start")
