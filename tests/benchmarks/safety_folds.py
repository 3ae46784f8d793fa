"""What the safety layer makes of authors it has not read: `python -m tests.benchmarks.safety_folds`.

The files under data/safety hold one author's lines after another's. Each of PARTS stretches of every file is judged by
a model that has not seen it; the NLU examples are always trained on. Printed are precision and recall of cards at the
thresholds of levels.yml and around them, so that thresholds can be chosen without touching a test set.
"""

from collections import Counter
from pathlib import Path

import numpy as np

from api.conversations.safety import RISKS, SafetyLayer
from api.conversations.train_safety import (
    SafetyExample,
    compiled,
    fitting_of,
    read_safety_examples,
)

PARTS = 4
AROUND = (-2.0, -1.0, 0.0, 1.0, 2.0)
SOURCES = {*RISKS, "hard"}


def parts_of(examples: list[SafetyExample]) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """The stretch of its file that each example stands in; -1 for those always trained on."""
    sizes = Counter((e.source, e.language) for e in examples)
    seen: Counter[tuple[str, str]] = Counter()
    parts: list[int] = []
    for example in examples:
        key = (example.source, example.language)
        parts.append(PARTS * seen[key] // sizes[key] if example.source in SOURCES else -1)
        seen[key] += 1
    return np.array(parts)


def main() -> None:
    root = Path()
    examples = read_safety_examples(root)
    fitting = fitting_of(root, examples)
    parts = parts_of(examples)
    scores = np.zeros((len(examples), len(RISKS)))
    thresholds: dict[str, dict[str, float]] = {}
    for part in range(PARTS):
        artefact = compiled(root, fitting.model(parts != part))
        thresholds = artefact["thresholds"]
        layer = SafetyLayer(artefact)
        for index in np.flatnonzero(parts == part):
            scores[index] = layer.scores(examples[index].text)
    for number, risk in enumerate(RISKS):
        for language in ("cy", "en"):
            used = (parts >= 0) & np.array([e.language == language for e in examples])
            risky = used & (fitting.risks == risk)
            for step in AROUND:
                limit = thresholds[risk]["card"] + step
                shown = used & (scores[:, number] >= limit)
                recall = (shown & risky).sum() / risky.sum()
                precision = (shown & risky).sum() / max(1, shown.sum())
                print(
                    f"{risk} {language} >= {limit:+.1f}: recall {recall:.3f}, precision {precision:.3f}"
                )


if __name__ == "__main__":
    main()
