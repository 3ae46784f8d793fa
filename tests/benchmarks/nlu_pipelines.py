"""Which pipeline understands best: accuracy in each language, training time, memory and latency, side by side.

    python -m tests.benchmarks.nlu_pipelines --massive DIR [--with-rasa] [--with-diet]

DIR holds MASSIVE's cy-GB.jsonl and en-US.jsonl. Every pipeline runs in a process of its own, so that its
memory is its own. On our own data each intent's examples are split in runs of neighbours, one in four held out.
Runs on Python 3.10, the bot's interpreter.
"""

from __future__ import annotations

import argparse
import itertools
import json
import logging
import multiprocessing
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot.components.entities import EntityFinder, entity_finder_from
from bot.components.features import BLOCK_WEIGHTS, Vocabulary, blocks_of
from bot.components.lemmas import Lemmas
from bot.components.lexicons import DATA
from bot.components.linear import folds_by_run
from bot.components.text import tokenise
from bot.components.understanding import Understanding, train_understanding
from bot.components.yes_no import yes_no_from
from bot.words.concept_forms import read_concepts
from bot.words.concepts import Concepts
from bot.words.mutations import mutation_key
from tests.bot.examples import examples_of

Pairs = list[tuple[str, str]]
Predict = Callable[[str], str]
FEW = 20
NO_CONCEPTS = Concepts({}, [])


@dataclass(frozen=True)
class Task:
    """What is learnt from, and what is asked, by language."""

    name: str
    train: Pairs
    ask: Mapping[str, Pairs]


def linear_pipeline(blocks: Sequence[str]) -> Callable[[Pairs], Predict]:
    """TF-IDF of these blocks under a linear support vector machine."""

    def train(pairs: Pairs) -> Predict:
        from sklearn.svm import LinearSVC

        tokens = [tokenise(text) for text, _ in pairs]
        used = {token.form for found in tokens for token in found}
        lemmas = Lemmas.full().restricted_to(used) if "lemmas" in blocks else Lemmas({})

        def features(text: str) -> dict[str, list[str]]:
            found = tokenise(text)
            example = blocks_of(found, lemmas, NO_CONCEPTS, [])
            keys = [mutation_key(token.form) for token in found]
            example["families"] = [
                *keys,
                *(" ".join(pair) for pair in itertools.pairwise(keys)),
            ]
            return example

        vocabulary = Vocabulary({block: BLOCK_WEIGHTS.get(block, 0.4) for block in blocks})
        vectors = vocabulary.fit([features(text) for text, _ in pairs])
        machine = LinearSVC(C=1.0, random_state=1).fit(vectors, [intent for _, intent in pairs])
        weights = np.ascontiguousarray(machine.coef_.T)

        def predict(text: str) -> str:
            where, values = vocabulary.vector(features(text))
            return str(machine.classes_[(values @ weights[where] + machine.intercept_).argmax()])

        return predict

    return train


def _understanding(pairs: Pairs) -> tuple[EntityFinder, Understanding]:
    entities = entity_finder_from(DATA)
    yes_no = yes_no_from(DATA / "answers" / "yes_no.yml")
    concepts = Concepts(**read_concepts(DATA / "concepts"))
    return entities, train_understanding(pairs, entities, yes_no, concepts)


def ours(pairs: Pairs) -> Predict:
    """The shipped classifier, closed answers and all."""
    entities, understanding = _understanding(pairs)
    return lambda text: understanding.rank(text, entities.find(text))[0][0]


def our_model_alone(pairs: Pairs) -> Predict:
    """The shipped features and model without closed answers, sentences and novelty: for foreign data."""
    entities, understanding = _understanding(pairs)
    model = understanding.model

    def predict(text: str) -> str:
        example = understanding.blocks(tokenise(text), entities.find(text))
        return model.intents[int(model.scores(example).argmax())]

    return predict


def rasa_pipeline(classifier: Mapping[str, Any]) -> Callable[[Pairs], Predict]:
    """Stock Rasa components, trained and loaded as Rasa does."""

    def train(pairs: Pairs) -> Predict:
        import asyncio
        import os
        import tempfile

        os.environ["RASA_TELEMETRY_ENABLED"] = "false"
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
        import yaml
        from rasa.core.agent import Agent
        from rasa.model_training import train_nlu
        from rasa.utils.log_utils import configure_structlog

        configure_structlog(logging.WARNING)
        work = Path(tempfile.mkdtemp(prefix="llais-bench-"))
        examples: dict[str, list[str]] = {}
        for text, intent in pairs:
            examples.setdefault(intent, []).append(f"- {text}")
        nlu = [{"intent": name, "examples": "\n".join(lines)} for name, lines in examples.items()]
        pipeline = [
            {"name": "WhitespaceTokenizer"},
            {"name": "CountVectorsFeaturizer"},
            {
                "name": "CountVectorsFeaturizer",
                "analyzer": "char_wb",
                "min_ngram": 1,
                "max_ngram": 4,
            },
            dict(classifier),
        ]
        config = {
            "recipe": "default.v1",
            "language": "cy",
            "assistant_id": "bench",
            "pipeline": pipeline,
        }
        (work / "config.yml").write_text(yaml.safe_dump(config))
        (work / "nlu.yml").write_text(
            yaml.safe_dump({"version": "3.1", "nlu": nlu}, allow_unicode=True)
        )
        model = train_nlu(str(work / "config.yml"), str(work / "nlu.yml"), str(work))
        agent = Agent.load(model)
        return lambda text: str(asyncio.run(agent.parse_message(text))["intent"]["name"])

    return train


def pipelines(with_rasa: bool, with_diet: bool) -> dict[str, Callable[[Pairs], Predict]]:
    found: dict[str, Callable[[Pairs], Predict]] = {}
    if with_diet:
        diet = {
            "name": "DIETClassifier",
            "epochs": 10,
            "entity_recognition": False,
            "random_seed": 1,
        }
        found["Rasa DIET, 10 epochs"] = rasa_pipeline(diet)
    if with_rasa:
        stock = {"name": "LogisticRegressionClassifier", "random_state": 1}
        found["Rasa LogisticRegression"] = rasa_pipeline(stock)
    found["SVM: words"] = linear_pipeline(["words"])
    found["SVM: words, characters"] = linear_pipeline(["words", "characters"])
    found["  + lemmas"] = linear_pipeline(["words", "characters", "lemmas"])
    found["  + mutation families"] = linear_pipeline(["words", "characters", "lemmas", "families"])
    found["  ours, model alone"] = our_model_alone
    found["  ours, as shipped"] = ours
    return found


def massive_tasks(directory: Path) -> Iterator[Task]:
    """MASSIVE's train part, whole and the first 20 of each intent by id, asked on its dev part."""
    for language, locale in (("cy", "cy-GB"), ("en", "en-US")):
        rows = [
            json.loads(line)
            for line in (directory / f"{locale}.jsonl").read_text("utf-8").splitlines()
        ]
        rows.sort(key=lambda row: int(row["id"]))
        train = [(row["utt"], row["intent"]) for row in rows if row["partition"] == "train"]
        dev = [(row["utt"], row["intent"]) for row in rows if row["partition"] == "dev"]
        seen: Counter[str] = Counter()
        few: Pairs = []
        for pair in train:
            seen[pair[1]] += 1
            if seen[pair[1]] <= FEW:
                few.append(pair)
        yield Task(f"MASSIVE {locale}, 20 per intent", few, {language: dev})
        yield Task(f"MASSIVE {locale}, all", train, {language: dev})


def own_task() -> Task:
    """One model on both languages, as shipped; a quarter of the runs of examples held out."""
    train: Pairs = []
    ask: dict[str, Pairs] = {}
    for language in ("cy", "en"):
        pairs = [(text, intent) for _, intent, text in examples_of(language)]
        held_out = folds_by_run([intent for _, intent in pairs]) == 0
        train.extend(pair for pair, out in zip(pairs, held_out, strict=True) if not out)
        ask[language] = [pair for pair, out in zip(pairs, held_out, strict=True) if out]
    return Task("our own examples, a quarter held out", train, ask)


def _worked() -> float:
    """Seconds of processor time so far, with those of processes that helped and ended."""
    own, helpers = (resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + helpers.ru_utime + helpers.ru_stime


def measure(task: Task, train: Callable[[Pairs], Predict], answer: Any) -> None:
    """Runs in a process of its own and sends one row."""
    started, worked = time.perf_counter(), _worked()
    predict = train(task.train)
    row: dict[str, float] = {
        "train_s": time.perf_counter() - started,
        "train_cpu_s": _worked() - worked,
    }
    latencies: list[float] = []
    for language, pairs in task.ask.items():
        right = 0
        for text, intent in pairs:
            begun = time.perf_counter()
            right += predict(text) == intent
            latencies.append(time.perf_counter() - begun)
        row[language] = right / len(pairs)
    row["p50_ms"] = float(np.median(latencies)) * 1000
    row["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    answer.send(row)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--massive", type=Path, help="directory of MASSIVE's cy-GB.jsonl and en-US.jsonl"
    )
    parser.add_argument(
        "--with-rasa", action="store_true", help="Rasa's own LogisticRegression too (minutes)"
    )
    parser.add_argument("--with-diet", action="store_true", help="Rasa's DIET too (many minutes)")
    parser.add_argument("--only", default="", help="only tasks whose name contains this")
    chosen = parser.parse_args()
    tasks = [own_task(), *(massive_tasks(chosen.massive) if chosen.massive else ())]
    fork = multiprocessing.get_context("fork")
    for task in tasks:
        if chosen.only not in task.name:
            continue
        print(f"\n{task.name} ({len(task.train)} to learn from)")
        print(
            f"{'pipeline':28}{'cy':>8}{'en':>8}{'train s':>9}{'cpu s':>8}{'p50 ms':>8}{'peak MB':>9}"
        )
        for name, train in pipelines(chosen.with_rasa, chosen.with_diet).items():
            here, there = fork.Pipe()
            process = fork.Process(target=measure, args=(task, train, there))
            process.start()
            there.close()
            row = here.recv()
            process.join()
            cells = [f"{row[key]:8.3f}" if key in row else f"{'':8}" for key in ("cy", "en")]
            print(
                f"{name:28}{''.join(cells)}{row['train_s']:9.1f}{row['train_cpu_s']:8.1f}"
                f"{row['p50_ms']:8.2f}{row['peak_mb']:9.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
