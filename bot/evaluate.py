"""How well a trained model understands the messages of a file, through Rasa's own loading and parsing.

    python -m bot.evaluate .build/model tests/evaluation/nlu_cy.tsv

Each line of the file is `intent<TAB>text`. The last line printed is one JSON object with the figures.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any


class MalformedFile(Exception):
    """A line of the file is not `intent<TAB>text`; the message names it."""


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print("usage: python -m bot.evaluate MODEL_DIR FILE", file=sys.stderr)
        return 2
    model, path = Path(arguments[0]) / "rasa.tar.gz", Path(arguments[1])
    try:
        expected = read_examples(path)
    except (MalformedFile, OSError, UnicodeDecodeError) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 1
    if not model.is_file():
        print(f"{model}: no trained model here; run `make train` first", file=sys.stderr)
        return 1
    got = asyncio.run(parse_all(model, [text for _, text in expected]))
    print(json.dumps(figures(expected, got), ensure_ascii=False))
    return 0


def read_examples(path: Path) -> list[tuple[str, str]]:
    """The (intent, text) pairs of a file; empty lines are skipped."""
    examples = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if not line.strip():
            continue
        intent, tab, text = line.rstrip("\r").partition("\t")
        if not tab or not intent.strip():
            raise MalformedFile(f"line {number} is not intent<TAB>text: {line[:80]!r}")
        examples.append((intent.strip(), text.strip()))
    if not examples:
        raise MalformedFile("no examples")
    return examples


async def parse_all(model: Path, texts: Sequence[str]) -> list[tuple[str, float]]:
    """Intent and confidence for each text, as a running server would give them outside a conversation."""
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import logging

    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.WARNING)
    agent = Agent.load(str(model))
    answers = []
    for text in texts:
        parsed: dict[str, Any] = await agent.parse_message(text)
        intent = parsed["intent"]
        answers.append((str(intent["name"]), float(intent["confidence"])))
    return answers


def figures(
    expected: Sequence[tuple[str, str]], got: Sequence[tuple[str, float]]
) -> dict[str, Any]:
    """Accuracy, macro F1 over the expected intents, figures of each intent, and every error."""
    pairs = [(want, have) for (want, _), (have, _) in zip(expected, got, strict=True)]
    hits = Counter(want for want, have in pairs if want == have)
    wanted, given = Counter(want for want, _ in pairs), Counter(have for _, have in pairs)
    per_intent = {}
    for intent in sorted(wanted):
        precision = hits[intent] / given[intent] if given[intent] else 0.0
        recall = hits[intent] / wanted[intent]
        both = precision + recall
        per_intent[intent] = {
            "n": wanted[intent],
            "precision": round(precision, 4),
            "recall": round(recall, 4),
            "f1": round(2 * precision * recall / both, 4) if both else 0.0,
        }
    return {
        "n": len(pairs),
        "accuracy": round(sum(hits.values()) / len(pairs), 4),
        "macro_f1": round(sum(item["f1"] for item in per_intent.values()) / len(per_intent), 4),
        "per_intent": per_intent,
        "errors": [
            [want, have, round(confidence, 4), text]
            for (want, text), (have, confidence) in zip(expected, got, strict=True)
            if want != have
        ],
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
