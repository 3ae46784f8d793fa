"""How fast a message is assessed: `python -m tests.benchmarks.safety [--model-dir .build/model] [FILE]`.

FILE holds one message a line, or `label<TAB>message`; without it, messages of a few lengths are made.
"""

import argparse
import time
from pathlib import Path

from api.conversations.safety import SafetyLayer

SENTENCE = "They have called us names on the bus every week since March and nobody said a word. "


def milliseconds(layer: SafetyLayer, text: str) -> float:
    """The best of some runs: what the code costs, not what else the machine is doing."""
    best = float("inf")
    for _ in range(7):
        started = time.perf_counter()
        layer.assess(text)
        best = min(best, time.perf_counter() - started)
    return best * 1000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--model-dir", type=Path, default=Path(".build/model"))
    options = parser.parse_args()
    layer = SafetyLayer.load(options.model_dir)
    if options.file is not None:
        texts = [
            line.split("\t")[-1] for line in options.file.read_text(encoding="utf-8").splitlines()
        ]
        times = sorted(milliseconds(layer, text) for text in texts)
        middle, late = times[len(times) // 2], times[len(times) * 95 // 100]
        print(
            f"{len(times)} messages: median {middle:.3f} ms, p95 {late:.3f} ms, slowest {times[-1]:.3f} ms"
        )
        return
    for length in (40, 160, 500, 1000, 2000, 4000):
        text = (SENTENCE * (length // len(SENTENCE) + 1))[:length]
        print(f"{length:5} characters: {milliseconds(layer, text):.3f} ms")


if __name__ == "__main__":
    main()
