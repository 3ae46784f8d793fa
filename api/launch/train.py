"""`make train`: trains what has changed, in the interpreter that each part needs."""

import os
import subprocess
import sys
from pathlib import Path

from api.config import Settings

ROOT = Path(__file__).resolve().parent.parent.parent
STEPS = (
    ([str(ROOT / ".venv-bot/bin/python"), "-m", "bot.train"], "the Rasa model"),
    ([str(ROOT / ".venv-api/bin/python"), "-m", "api.conversations.train"], "language and safety"),
)


def main() -> int:
    model_dir = Settings().model_dir.absolute()
    model_dir.mkdir(parents=True, exist_ok=True)
    # Rasa and what it stands on warn about each other at length; what training says itself is enough.
    quiet = {**os.environ, "PYTHONWARNINGS": "ignore", "TQDM_DISABLE": "1"}
    for command, what in STEPS:
        done = subprocess.run([*command, str(model_dir)], cwd=ROOT, env=quiet, check=False)
        if done.returncode != 0:
            print(f"Training {what} failed.", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
