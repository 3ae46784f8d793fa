"""Dictionary forms of Welsh and English words, cut down at training to those that the model can use.

The full dictionaries of simplemma take 80 MB. A model knows a few thousand lemmas only, so training keeps
the forms that lead to one of them: nothing a server could use is lost, and it need not load the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.components.text import word_form

LANGUAGES = ("cy", "en")


class Lemmas:
    """Maps a folded word to its lemmas, Welsh first; a word in no dictionary is its own lemma."""

    def __init__(self, table: Mapping[str, list[str]]) -> None:
        self.table = table

    def of(self, form: str) -> list[str]:
        return self.table.get(form) or [form]

    @classmethod
    def full(cls) -> Lemmas:
        """All that simplemma knows of both languages. Slow and large: for training only."""
        from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory

        table: dict[str, list[str]] = {}
        factory = DefaultDictionaryFactory()
        for language in LANGUAGES:
            for form, lemma in factory.get_dictionary(language).items():
                if " " in form:
                    continue
                lemmas = table.setdefault(_key(form), [])
                folded = _key(lemma)
                if folded not in lemmas:
                    lemmas.append(folded)
        return cls(table)

    def restricted_to(self, forms: Iterable[str]) -> Lemmas:
        """The part of the table that leads to a lemma of one of these forms."""
        wanted = {lemma for form in forms for lemma in self.of(form)}
        kept: dict[str, list[str]] = {}
        for form, lemmas in self.table.items():
            useful = [lemma for lemma in lemmas if lemma in wanted]
            if useful and useful != [form]:
                kept[form] = useful
        return Lemmas(kept)


def _key(word: str) -> str:
    """As `word_form`, but quick for the half million words of a dictionary, most of which are ASCII."""
    return word.lower().replace("'", "") if word.isascii() else word_form(word)
