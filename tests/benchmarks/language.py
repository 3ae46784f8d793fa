"""How well and how fast the language is told: stock langdetect, langdetect with our profiles, the whole decider.

    python -m tests.benchmarks.language FILE [--model-dir .build/model] [--errors 40]

FILE has lines of `expected<TAB>current or empty<TAB>text`. Nothing here is trained on FILE.
"""

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

from langdetect import DetectorFactory, detector_factory
from langdetect.lang_detect_exception import LangDetectException

from api.conversations.language import Language, LanguageDecider

Row = tuple[str, Language | None, str]
BANDS = ((2, "1-2 words"), (4, "3-4 words"), (8, "5-8 words"), (10**6, "9+ words"))


def read(path: Path) -> list[Row]:
    rows: list[Row] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        expected, current, text = line.split("\t", 2)
        rows.append(
            (expected, "cy" if current == "cy" else "en" if current == "en" else None, text)
        )
    return rows


def stock() -> Callable[[str, Language | None], str]:
    DetectorFactory.seed = 0
    factory = DetectorFactory()
    factory.load_profile(detector_factory.PROFILES_DIRECTORY)

    def decide(text: str, _current: Language | None) -> str:
        detector = factory.create()
        detector.set_prior_map({"cy": 0.5, "en": 0.5})
        detector.append(text)
        try:
            return str(detector.detect())
        except LangDetectException:
            return "unknown"

    return decide


def report(
    name: str, decide: Callable[[str, Language | None], str], rows: list[Row], errors: int
) -> None:
    right: Counter[str] = Counter()
    count: Counter[str] = Counter()
    wrong: defaultdict[str, list[str]] = defaultdict(list)
    started = time.perf_counter()
    answers = [decide(text, current) for _, current, text in rows]
    mean_ms = (time.perf_counter() - started) * 1000 / max(1, len(rows))
    for (expected, current, text), got in zip(rows, answers, strict=True):
        band = next(label for limit, label in BANDS if len(text.split()) <= limit)
        for key in (band, "all", expected):
            count[key] += 1
            right[key] += got == expected
        if got != expected:
            wrong[band].append(f"    {expected} (current {current}) not {got}: {text}")
    figures = "  ".join(
        f"{key} {right[key] / count[key]:.4f} ({count[key]})" for key in sorted(count)
    )
    print(f"{name:34} {figures}  mean {mean_ms:.3f} ms")
    for band in wrong:
        for line in wrong[band][:errors]:
            print(line)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("--model-dir", type=Path, default=Path(".build/model"))
    parser.add_argument("--errors", type=int, default=0)
    options = parser.parse_args()
    rows = read(options.file)
    decider = LanguageDecider.load(options.model_dir)
    report("langdetect, stock profiles cy/en", stock(), rows, 0)
    report("langdetect, our profiles", lambda text, _: decider.detect(text), rows, 0)
    report(
        "decider",
        lambda text, current: decider.decide(text, current).language,
        rows,
        options.errors,
    )


if __name__ == "__main__":
    main()
