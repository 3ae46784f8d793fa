"""What a container's probe asks of Rasa."""

import subprocess
from urllib.parse import urlsplit

import pytest

from tests.dialogue.assistant import ROOT, TOKEN, Assistant


def asked(assistant: Assistant, **changes: str) -> int:
    port = str(urlsplit(assistant.address).port)
    return subprocess.run(
        [str(ROOT / ".venv-bot/bin/python"), "-m", "bot.health"],
        cwd=ROOT,
        env={"LLAIS_RASA_PORT": port, "LLAIS_RASA_TOKEN": TOKEN, **changes},
        check=False,
    ).returncode


def test_a_rasa_with_a_model_is_well(assistant: Assistant) -> None:
    assert asked(assistant) == 0


@pytest.mark.parametrize("wrong", [{"LLAIS_RASA_PORT": "9"}, {"LLAIS_RASA_TOKEN": "another"}])
def test_one_that_does_not_answer_is_not(assistant: Assistant, wrong: dict[str, str]) -> None:
    assert asked(assistant, **wrong) == 1
