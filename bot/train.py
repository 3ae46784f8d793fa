"""Trains the model that the Rasa server loads, when anything that goes into it has changed.

    python -m bot.train .build/model

writes rasa.tar.gz, places.json and fingerprint into the directory.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import yaml

from bot.components.examples import digest_of, read_examples

ROOT = Path(__file__).resolve().parents[1]
_EXAMPLES = ("data/nlu_cy", "data/nlu_en")
_DIALOGUES = ("data/rules", "data/stories")
_OTHER_DATA = ("data/entities", "data/places", "data/answers", "data/concepts")
_OUTPUTS = ("rasa.tar.gz", "places.json")
# numpy and scikit-learn draw no chance that we do not seed; Python orders its sets by this one.
_HASH_SEED = "0"


class TrainingFailed(Exception):
    """The model could not be trained; the message says why in one line."""


def main(arguments: list[str]) -> int:
    """Trains if needed; returns 0 when an up-to-date model is in place."""
    if len(arguments) != 1:
        print("usage: python -m bot.train OUTDIR", file=sys.stderr)
        return 2
    directory = Path(arguments[0]).resolve()
    fingerprint = fingerprint_of_inputs()
    if is_up_to_date(directory, fingerprint):
        print(f"Understanding: up to date in {arguments[0]}, nothing to train.")
        return 0
    _prepare_interpreter()
    print("Understanding: training intents, entities and rules from data/ and bot/ ...", flush=True)
    started = time.monotonic()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "fingerprint").unlink(missing_ok=True)
        train_into(directory)
    except TrainingFailed as error:
        print(f"Understanding: training failed: {error}", file=sys.stderr)
        return 1
    (directory / "fingerprint").write_text(fingerprint + "\n", encoding="ascii")
    size = (directory / "rasa.tar.gz").stat().st_size / 1e6
    seconds = time.monotonic() - started
    print(f"Understanding: trained in {seconds:.0f} s, {size:.1f} MB, in {arguments[0]}.")
    return 0


def input_files(root: Path = ROOT) -> Iterator[Path]:
    """Everything whose change makes another model, in a stable order."""
    yield root / "bot" / "config.yml"
    yield from sorted((root / "bot" / "domain").rglob("*.yml"))
    yield from sorted((root / "bot" / "components").glob("*.py"))
    yield from sorted((root / "bot" / "words").glob("*.py"))
    for folder in (*_EXAMPLES, *_DIALOGUES, *_OTHER_DATA):
        yield from sorted((root / folder).rglob("*.yml"))


def fingerprint_of_inputs(root: Path = ROOT) -> str:
    """A digest of the input files and of the Rasa version that is locked."""
    lock = (root / "uv.lock").read_text(encoding="utf-8")
    version = re.search(r'name = "rasa"\nversion = "([^"]+)"', lock)
    return f"{digest_of(root, input_files(root))}-{version.group(1) if version else 'none'}"


def is_up_to_date(directory: Path, fingerprint: str) -> bool:
    """Whether the directory holds all outputs, made from the inputs with this fingerprint."""
    recorded = directory / "fingerprint"
    return (
        recorded.exists()
        and recorded.read_text(encoding="ascii").strip() == fingerprint
        and all((directory / name).exists() for name in _OUTPUTS)
    )


def train_into(directory: Path) -> None:
    """Trains the whole Rasa model and writes the outputs; replaces an older model only when done."""
    from bot.components.entities import entity_finder_from

    try:
        places = entity_finder_from(ROOT / "data").places
        one_each = _one_example_each()
    except (OSError, KeyError, ValueError, yaml.YAMLError) as error:
        raise TrainingFailed(f"in data/: {' '.join(str(error).split())}") from error
    with tempfile.TemporaryDirectory(prefix="llais-train-") as work:
        # Rasa fits again only what would become another: new words or rules take seconds, not a minute.
        os.environ["RASA_CACHE_DIRECTORY"] = str(directory / "cache")
        model = _train_rasa(Path(work), one_each)
        arriving = directory / "rasa.tar.gz.new"
        shutil.copyfile(model, arriving)
        arriving.replace(directory / "rasa.tar.gz")
    (directory / "places.json").write_text(
        json.dumps(places, ensure_ascii=False, indent=0, sort_keys=True), encoding="utf-8"
    )


def _train_rasa(work: Path, one_each: str) -> Path:
    import rasa.model_training
    from rasa.shared.exceptions import RasaException
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.WARNING)

    dialogues = [str(ROOT / folder) for folder in _DIALOGUES if (ROOT / folder).is_dir()]
    examples = work / "nlu.yml"
    examples.write_text(one_each, encoding="utf-8")
    previous = Path.cwd()
    os.chdir(work)  # Rasa keeps its logs in the working directory.
    try:
        result = rasa.model_training.train(
            domain=str(ROOT / "bot" / "domain"),
            config=str(ROOT / "bot" / "config.yml"),
            training_files=[*dialogues, str(examples)],
            output=str(work),
            fixed_model_name="rasa",
        )
    except (RasaException, ValueError, OSError) as error:
        raise TrainingFailed(" ".join(str(error).split())) from error
    finally:
        os.chdir(previous)
    if result.code != 0 or result.model is None:
        raise TrainingFailed(f"Rasa ended with code {result.code}")
    return Path(result.model)


def _one_example_each() -> str:
    """What Rasa itself reads: one example of each intent.

    Rasa copies and hashes every example many times, half a minute in all, to hand them to our classifier,
    which reads them from data/ instead.
    """
    first: dict[str, str] = {}
    for text, intent in read_examples(ROOT / "data"):
        first.setdefault(intent, text)
    blocks = [{"intent": intent, "examples": f"- {text}\n"} for intent, text in first.items()]
    return str(yaml.safe_dump({"version": "3.1", "nlu": blocks}, allow_unicode=True))


def _prepare_interpreter() -> None:
    """Quiet, private and the same every time; must run before Rasa is imported."""
    if os.environ.get("PYTHONHASHSEED") != _HASH_SEED:
        os.environ["PYTHONHASHSEED"] = _HASH_SEED
        os.execv(sys.executable, [sys.executable, "-m", "bot.train", *sys.argv[1:]])  # noqa: S606
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
