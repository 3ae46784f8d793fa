"""`make run`: starts the whole product, keeps it running, and stops all of it on Ctrl-C or SIGTERM."""

import fcntl
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from pydantic import ValidationError

from api.config import Settings
from api.launch import embedded_postgres
from api.launch.environment import child_environment, generated_secrets, require_free_ports
from api.launch.progress import Progress, StartFailed, fail
from api.launch.supervise import Child, Supervisor
from api.migrations.migrate import migrate
from api.migrations.product_role import (
    RoleUnfit,
    grant_to_product,
    grant_to_rasa,
    make_role,
    role_of,
)

ROOT = Path(__file__).resolve().parent.parent.parent
API_PYTHON = str(ROOT / ".venv-api" / "bin" / "python")
BOT_PYTHON = str(ROOT / ".venv-bot" / "bin" / "python")
DEMO_OFFICER, DEMO_SUPERVISOR = "swyddog", "goruchwyliwr"
READY_SECONDS = 180
POLL_SECONDS = 0.2


class Stopped(Exception):
    """Somebody asked the product to stop."""


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped


@contextmanager
def only_copy(data_dir: Path) -> Iterator[None]:
    """Hold the data directory against a second copy. Raises StartFailed."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data_dir / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartFailed(
                f"another copy runs on {data_dir}; set LLAIS_DATA_DIR and the ports for a second one"
            ) from None
        yield


def step(command: list[str], environment: dict[str, str], reason: str) -> None:
    """Run a preparing command whose output people should see. Raises StartFailed."""
    process = subprocess.Popen(command, env=environment, cwd=ROOT, start_new_session=True)
    try:
        if process.wait() != 0:
            raise StartFailed(reason)
    except Stopped:
        process.terminate()
        process.wait()
        raise


def processes() -> list[Child]:
    """Every process of the product but the database, in the order in which they start."""
    return [
        Child("development", [API_PYTHON, "-m", "api.development.main"]),
        Child("rasa", [BOT_PYTHON, "-m", "bot.serve"]),
        Child("actions", [API_PYTHON, "-m", "actions.serve"]),
        Child("worker", [API_PYTHON, "-m", "api.worker"]),
        Child("staff", [API_PYTHON, "-m", "api.serve", "staff"]),
        Child("public", [API_PYTHON, "-m", "api.serve", "public"]),
    ]


def wait_until_ready(settings: Settings, supervisor: Supervisor, progress: Progress) -> None:
    """Wait until both doors say that they are ready. Raises StartFailed."""
    doors = {
        "public": f"http://{settings.host}:{settings.public_port}/ready",
        "staff": f"http://{settings.host}:{settings.staff_port}/ready",
    }
    deadline = time.monotonic() + READY_SECONDS
    spoken = time.monotonic()
    while doors:
        for child in supervisor.revive():
            if child.failures >= 4:
                raise StartFailed(
                    f"{child.name} stops again and again; its log is {supervisor.log_of(child)}"
                )
        doors = {name: url for name, url in doors.items() if not _answers(url)}
        if doors and time.monotonic() > deadline:
            raise StartFailed(
                f"not ready after {READY_SECONDS} s; logs are in {supervisor.log_dir}"
            )
        if doors and time.monotonic() - spoken > 10:
            spoken = time.monotonic()
            progress.say("Still waiting for everything to answer ...")
        time.sleep(POLL_SECONDS)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def run(progress: Progress) -> None:
    """Start, supervise, and stop. Returns when asked to stop; raises StartFailed."""
    settings = Settings()
    require_free_ports(settings)
    with only_copy(settings.data_dir):
        generated = generated_secrets(settings.data_dir)
        logs = settings.data_dir / "logs"
        logs.mkdir(mode=0o700, exist_ok=True)
        environment = dict(os.environ)
        progress.say("Checking what has to be trained or built ...")
        step([API_PYTHON, "-m", "api.launch.train"], environment, "training failed; see above")
        step(
            [API_PYTHON, "-m", "api.ui.build"],
            environment,
            "the pages could not be built; see above",
        )
        supervisor = Supervisor(logs, environment)
        postgres: embedded_postgres.EmbeddedPostgres | None = None
        try:
            database_url = settings.database_url
            owner_url = settings.database_owner_url.get_secret_value()
            if not database_url:
                progress.say("Starting the database ...")
                postgres = embedded_postgres.prepare(settings.data_dir)
                database = Child(
                    "postgres",
                    postgres.command(),
                    stop_with=signal.SIGINT,
                    when_orphaned=signal.SIGINT,
                )
                supervisor.start(database)
                assert database.process is not None
                embedded_postgres.wait_until_up(
                    postgres, database.process, supervisor.log_of(database)
                )
                database_url = postgres.product_url
                owner_url = postgres.url
                make_role(owner_url, embedded_postgres.PRODUCT_USER, postgres.product_password)
            migrate(owner_url or database_url)
            if owner_url:
                grant_to_product(owner_url, role_of(database_url))
                if rasa_url := settings.rasa_database_url.get_secret_value():
                    grant_to_rasa(owner_url, role_of(rasa_url))
            environment.update(child_environment(settings, database_url, generated))
            progress.say("Starting doors, worker, Rasa and actions ...")
            supervisor.environment = environment
            for child in processes():
                supervisor.start(child)
            step(
                [
                    *(API_PYTHON, "-m", "api.officers.demo", generated["DEMO_PASSWORD"]),
                    *(f"{DEMO_OFFICER}=officer", f"{DEMO_SUPERVISOR}=supervisor"),
                ],
                environment,
                "the demo officer could not be made",
            )
            wait_until_ready(settings, supervisor, progress)
            _tell(progress, settings, environment, generated)
            while True:
                for child in supervisor.revive():
                    progress.say(f"{child.name} stopped; starting it again.")
                time.sleep(POLL_SECONDS)
        except Stopped:
            # A second signal must not cut the stopping short.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            progress.say("Stopping ...")
        finally:
            supervisor.stop()
            if postgres is not None:
                postgres.remove_socket()
        progress.say("Everything has stopped.")


def _tell(
    progress: Progress, settings: Settings, environment: dict[str, str], generated: dict[str, str]
) -> None:
    stand_ins = f"http://{settings.host}:{environment['LLAIS_DEVELOPMENT_PORT']}"
    progress.say("Ready.")
    progress.plain()
    progress.plain(f"  Web chat         {settings.public_address}/")
    progress.plain(f"  Officers         {settings.staff_address}/")
    progress.plain(f"    sign in as     {DEMO_OFFICER}   {generated['DEMO_PASSWORD']}")
    progress.plain(f"    a supervisor   {DEMO_SUPERVISOR}   (the same password)")
    progress.plain(f"  A phone to try   {stand_ins}/phone")
    progress.plain(f"  Captured mail    {stand_ins}/mail")
    progress.plain()
    progress.plain(
        "  Try: tell the web chat what happened, in Welsh or English, and send it; then sign"
    )
    progress.plain(
        "  in as the officer, acknowledge the alert, and write back. Ctrl-C stops everything."
    )
    progress.plain()


def main() -> int:
    progress = Progress()
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)
    try:
        run(progress)
    except Stopped:
        return 0
    except ValidationError as error:
        reasons = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        return fail(StartFailed(f"the settings are wrong: {reasons}"))
    except RoleUnfit as error:
        return fail(StartFailed(f"LLAIS_DATABASE_URL must name a role that owns nothing: {error}"))
    except (StartFailed, OSError) as error:
        return fail(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
