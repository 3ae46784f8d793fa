"""`make train`: trains what has changed, in the interpreter that each part needs."""

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
    log_file = model_dir / "training.log"
    for command, what in STEPS:
        # Rasa and what it stands on warn about each other at length; what training says itself goes to
        # standard output and is enough, unless it fails.
        with log_file.open("wb") as log:
            done = subprocess.run([*command, str(model_dir)], cwd=ROOT, stderr=log, check=False)
        if done.returncode != 0:
            said = log_file.read_text(errors="replace").strip().splitlines()
            reason = said[-1] if said else "no reason given"
            print(f"Training {what} failed: {reason} (more in {log_file})", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
