"""Fits the model of the safety layer: the examples as numbers, once, and models on any part of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix, csr_matrix, diags, hstack
from sklearn.linear_model import LogisticRegression

from api.conversations.safety import RISKS
from api.conversations.safety_features import (
    Lexicon,
    is_plain_number,
    letters_of,
    pieces_of,
    shape_of,
    tokens_of,
)
from api.conversations.safety_model import (
    CONCEPT,
    KIND_BITS,
    THREE_NEAR,
    Hits,
    Numbering,
    by_hit,
    packed,
)
from bot.words.concepts import Concepts

FREQUENT_WORDS: Final = 150
RAREST: Final = 2
STRENGTH: Final = 20.0
RISK_WEIGHT: Final = 3.0
SMALLEST_WEIGHT: Final = 0.01
# How loud each kind of feature is while fitting, chosen on parts held back (tests/benchmarks/safety_folds.py). Letters
# only help where a word is misspelt or new, and are many; a group stands for many words and is seldom alone.
WORDS_SCALE: Final = 0.3
LETTERS_SCALE: Final = 0.2
GROUPS_SCALE: Final = 0.2
CONCEPTS_SCALE: Final = 0.3


class Fitting:
    """Examples as a matrix of features, from which a model can be fitted on any part of them."""

    def __init__(
        self,
        texts: Sequence[str],
        risks: Sequence[str],
        importance: Sequence[float],
        lexicon: Mapping[str, Sequence[str]],
        concepts: Concepts,
    ) -> None:
        self.risks = np.array(risks)
        self._importance = np.array(importance)
        messages = [tokens_of(pieces_of(text)) for text in texts]
        counted = Counter(token for message in messages for token in set(message))
        # Ties are settled by the alphabet, so that training gives the same model every time.
        ranked = sorted(counted, key=lambda token: (-counted[token], token))
        self._frequent = sorted(ranked[:FREQUENT_WORDS])
        known = frozenset(self._frequent)
        self._tokens = sorted(
            token for token in counted if counted[token] >= RAREST and not is_plain_number(token)
        )
        self._shapes = sorted({shape_of(token, known) for token in counted})
        numbering = Numbering(self._tokens, self._shapes, self._frequent, concepts)
        self._groups = sorted(lexicon)

        words, letters = self._words_and_letters(messages, numbering)
        keys, groups = self._keys_and_groups(messages, numbering, Lexicon(lexicon))
        parts = [words, letters, keys, groups]
        counts = hstack(parts).tocsr()
        rarity = np.log((1 + len(messages)) / (1 + counts.getnnz(axis=0))) + 1
        kinds = self._keys >> np.uint64(KIND_BITS)
        loudness = np.concatenate(
            [
                np.full(words.shape[1], WORDS_SCALE),
                np.full(letters.shape[1], LETTERS_SCALE),
                np.where(
                    kinds < CONCEPT,
                    WORDS_SCALE,
                    np.where(kinds <= THREE_NEAR, CONCEPTS_SCALE, GROUPS_SCALE),
                ),
                np.full(groups.shape[1], GROUPS_SCALE),
            ]
        )
        self._scale = rarity * loudness
        self._ends = np.cumsum([part.shape[1] for part in parts])
        # A long message has more features than a short one; the square root of its length makes up for it.
        lengths = np.sqrt([len(message) for message in messages])
        scaled = (diags(1 / lengths) @ counts @ diags(self._scale)).tocsr()
        self._matrix: csr_matrix = scaled.astype(np.float32)

    def model(self, chosen: npt.NDArray[np.bool_] | None) -> dict[str, Any]:
        """The model's part of the artefact, fitted on the chosen examples (all when None)."""
        used = np.arange(len(self.risks)) if chosen is None else np.flatnonzero(chosen)
        fitted = [self._fit(risk, used) for risk in RISKS]
        weights = np.stack([model.coef_[0] * self._scale for model in fitted], axis=1)
        weights[np.abs(weights).max(axis=1) < SMALLEST_WEIGHT] = 0
        of_words, of_letters, of_keys, of_groups = np.split(weights.round(3), self._ends[:-1])
        # Number 0 is a token not known; what its letters are worth is added up when it is met.
        worths = np.vstack([np.zeros((1, 2)), of_words + self._letters_of_tokens @ of_letters])
        size = len(self._groups)
        pairs = np.zeros((2, size * size))
        pairs[:, self._pairs] = of_groups.T
        kept = np.flatnonzero(np.abs(of_keys).max(axis=1))
        lettered = np.flatnonzero(np.abs(of_letters).max(axis=1))
        return {
            "bias": [round(float(model.intercept_[0]), 4) for model in fitted],
            "frequent": self._frequent,
            "tokens": self._tokens,
            "shapes": self._shapes,
            "token_worths": packed(worths, "<f4"),
            "letters": {self._letters[at]: of_letters[at].tolist() for at in lettered},
            "keys": packed(self._keys[kept], "<u8"),
            "weights": packed(of_keys[kept], "<f4"),
            "group_weights": packed(pairs, "<f4"),
        }

    def _fit(self, risk: str, used: npt.NDArray[np.intp]) -> LogisticRegression:
        model = LogisticRegression(
            C=STRENGTH,
            class_weight={True: RISK_WEIGHT, False: 1.0},
            solver="liblinear",
            # Coarser, two processors that round differently would make two models.
            tol=1e-3,
            random_state=0,
        )
        is_risk = self.risks[used] == risk
        return model.fit(self._matrix[used], is_risk, sample_weight=self._importance[used])

    def _words_and_letters(
        self, messages: Sequence[Sequence[str]], numbering: Numbering
    ) -> tuple[csr_matrix, csr_matrix]:
        """How often each message has each token, and each group of letters."""
        every = sorted({token for message in messages for token in message})
        place = {token: at for at, token in enumerate(every)}
        rows = np.repeat(np.arange(len(messages)), [len(message) for message in messages])
        columns = np.array([place[token] for message in messages for token in message])
        shape = (len(messages), len(every))
        by_token = coo_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape).tocsr()

        found = [letters_of(token) for token in every]
        counted = Counter(part for parts in found for part in parts)
        letters = sorted(counted)
        number = {part: at for at, part in enumerate(letters)}
        rows = np.repeat(np.arange(len(every)), [len(parts) for parts in found])
        columns = np.array([number[part] for parts in found for part in parts])
        of_token = coo_matrix(
            (np.ones(len(rows), np.float32), (rows, columns)), (len(every), len(letters))
        ).tocsr()
        by_letters = (by_token @ of_token).tocsc()
        common = np.flatnonzero(by_letters.getnnz(axis=0) >= RAREST)
        self._letters = [letters[at] for at in common]
        known = np.array([place[token] for token in numbering.tokens])
        self._letters_of_tokens = of_token[known].tocsc()[:, common].tocsr()
        return by_token.tocsc()[:, known].tocsr(), by_letters[:, common].tocsr()

    def _keys_and_groups(
        self, messages: Sequence[Sequence[str]], numbering: Numbering, lexicon: Lexicon
    ) -> tuple[csr_matrix, csr_matrix]:
        """How often each message has each key, and which groups and pairs of groups."""
        names = {group: at for at, group in enumerate(self._groups)}
        keys: list[npt.NDArray[np.uint64]] = []
        pairs: list[npt.NDArray[np.intp]] = []
        for message in messages:
            numbers = numbering.of(message)
            rows = [numbering.by_token(message, numbers), numbering.by_concept(message)[0]]
            hits = Hits(lexicon.hits(message), names)
            if hits.found:
                rows.append(by_hit(numbers, hits)[0])
            found = np.concatenate([row.ravel() for row in rows])
            keys.append(found[found != 0])
            present = np.unique(hits.groups)
            first, second = np.triu_indices(len(present))
            pairs.append(present[first] * len(names) + present[second])
        counts, self._keys = _counted(keys)
        groups, self._pairs = _counted(pairs)
        return counts, groups


def _counted(found: Sequence[npt.NDArray[Any]]) -> tuple[csr_matrix, npt.NDArray[Any]]:
    """How often each message has each number that is common enough, and those numbers."""
    numbers, columns = np.unique(np.concatenate(found), return_inverse=True)
    rows = np.repeat(np.arange(len(found)), [len(part) for part in found])
    shape = (len(found), len(numbers))
    counts = coo_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape).tocsr()
    common = np.flatnonzero(counts.getnnz(axis=0) >= RAREST)
    return counts.tocsc()[:, common].tocsr(), numbers[common]
