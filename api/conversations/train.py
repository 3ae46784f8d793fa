"""Trains what the doors need to read a message: `python -m api.conversations.train .build/model`.

Writes language.json and safety.json, each only when its inputs changed.
"""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from api.conversations.examples import example_files

ROOT: Final = Path(__file__).resolve().parents[2]
CODE: Final = Path(__file__).resolve().parent
WORDS: Final = ROOT / "bot" / "words"


def language_inputs(root: Path) -> list[Path]:
    return [
        *example_files(root),
        *sorted((root / "data" / "language").glob("*.yml")),
        *(CODE / name for name in ("train_language.py", "detector.py", "examples.py")),
        WORDS / "mutations.py",
    ]


def safety_inputs(root: Path) -> list[Path]:
    return [
        *example_files(root),
        *sorted(path for path in (root / "data" / "safety").glob("*") if path.is_file()),
        *sorted((root / "bot" / "domain" / "responses").glob("*.yml")),
        root / "data" / "spoken_choices.yml",
        root / "data" / "language" / "names.yml",
        *sorted((root / "data" / "places").glob("*.yml")),
        *sorted((root / "data" / "concepts").glob("*.yml")),
        *sorted(CODE.glob("*safety*.py")),
        CODE / "examples.py",
        *sorted(WORDS.glob("*.py")),
    ]


def _fingerprint(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _train_when_changed(name: str, model_dir: Path, inputs: list[Path], force: bool) -> None:
    target = model_dir / f"{name}.json"
    mark = model_dir / f"{name}.fingerprint"
    fingerprint = _fingerprint(inputs)
    if not force and target.exists() and mark.exists() and mark.read_text() == fingerprint:
        print(f"{name}: nothing changed, kept {target}")
        return
    print(f"{name}: training from {len(inputs)} files …", flush=True)
    started = time.monotonic()
    # What fits models takes seconds to import, and most starts train nothing.
    module = import_module(f"api.conversations.train_{name}")
    train: Callable[[Path], dict[str, Any]] = getattr(module, f"train_{name}")
    content = json.dumps(train(ROOT), ensure_ascii=False, separators=(",", ":"))
    part = target.with_suffix(".part")
    part.write_text(content, encoding="utf-8")
    part.replace(target)
    mark.write_text(fingerprint)
    print(
        f"{name}: wrote {target} ({len(content) // 1024} KiB) in {time.monotonic() - started:.1f} s"
    )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Train the language decider and the safety layer.")
    parser.add_argument("model_dir", type=Path)
    parser.add_argument("--force", action="store_true", help="train even when nothing changed")
    options = parser.parse_args(arguments)
    options.model_dir.mkdir(parents=True, exist_ok=True)
    for name, inputs in (("language", language_inputs(ROOT)), ("safety", safety_inputs(ROOT))):
        _train_when_changed(name, options.model_dir, inputs, options.force)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
