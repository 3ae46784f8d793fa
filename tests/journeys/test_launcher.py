"""`make run` as a newcomer meets it: clear failures, two copies side by side, and no orphan left behind."""

import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from tests.journeys.product import ROOT, Product, WebVictim, launch, running_product


def finish(process: subprocess.Popen[bytes], directory: Path) -> tuple[int, str]:
    status = process.wait(120)
    return status, (directory / "terminal").read_text()


def last_line(said: str) -> str:
    return said.strip().splitlines()[-1]


def test_a_taken_port_is_named_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as occupant:
        occupant.bind(("127.0.0.1", 0))
        occupant.listen()
        port = str(occupant.getsockname()[1])
        status, said = finish(launch(tmp_path, LLAIS_PUBLIC_PORT=port), tmp_path)
    assert status != 0
    assert port in last_line(said)
    assert "LLAIS_PUBLIC_PORT" in last_line(said)
    assert "Traceback" not in said


def test_a_wrong_setting_is_named_in_one_line(tmp_path: Path) -> None:
    status, said = finish(launch(tmp_path, LLAIS_STAFF_PORT="often"), tmp_path)
    assert status != 0
    assert "staff_port" in last_line(said)
    assert "Traceback" not in said


def test_a_directory_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    occupied = tmp_path / "occupied"
    occupied.write_text("a file where the data directory should be")
    status, said = finish(launch(tmp_path, LLAIS_DATA_DIR=str(occupied)), tmp_path)
    assert status != 0
    assert "occupied" in last_line(said)
    assert "Traceback" not in said


def test_a_disk_that_takes_no_more_is_one_line(tmp_path: Path) -> None:
    def allow_small_files_only() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    process = launch(tmp_path, preexec_fn=allow_small_files_only)
    status, said = finish(process, tmp_path)
    assert status != 0
    assert "Llais did not start: the database could not be made" in last_line(said)
    assert "Traceback" not in said


def test_a_training_that_fails_is_one_line_that_names_the_file(tmp_path: Path) -> None:
    """In a copy of the sources, where an example file is broken."""
    copy = tmp_path / "copy"
    for folder in ("actions", "api", "bot", "channels", "data"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, copy)
    for name in (".venv-api", ".venv-bot"):
        (copy / name).symlink_to((ROOT / name).resolve())
    broken = copy / "data" / "nlu_cy" / "answers.yml"
    broken.write_text("nlu: [", encoding="utf-8")
    process = launch(tmp_path, root=copy, LLAIS_MODEL_DIR=str(tmp_path / "model"))
    status, said = finish(process, tmp_path)
    assert status != 0
    assert "answers.yml" in said
    assert last_line(said) == "Llais did not start: training failed; see above"
    assert "Traceback" not in said


def test_an_interpreter_that_is_missing_and_cannot_be_brought_is_one_line(tmp_path: Path) -> None:
    """On a path without version managers, with nothing to be downloaded."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "api" / "launch" / "bootstrap.py"), "run"],
        env={
            "HOME": str(tmp_path),
            "PATH": "/nowhere",
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_PYTHON_INSTALL_DIR": str(tmp_path),
            "UV_OFFLINE": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert last_line(done.stderr).startswith("Llais is not set up: Python 3.1")
    assert "Traceback" not in done.stderr


def test_a_second_copy_on_the_same_data_is_refused(product: Product, tmp_path: Path) -> None:
    data = str(product.directory / "data")
    status, said = finish(launch(tmp_path, LLAIS_DATA_DIR=data), tmp_path)
    assert status != 0
    assert "another copy runs" in last_line(said)


@pytest.mark.parametrize("stop_with", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_stopping_leaves_no_orphan_and_the_data_intact(
    product: Product, tmp_path: Path, stop_with: signal.Signals
) -> None:
    """A second copy beside the first, in a deep path; however it is stopped, nothing of it stays but what was said.

    It is stopped at once after a message was taken: started again, it answers that message, once.
    """
    deep = tmp_path / "a" / ("deep" * 20) / ("path" * 20)
    deep.mkdir(parents=True)
    with running_product(deep) as second:
        assert second.public != product.public
        victim = WebVictim(second, "cy")
        victim.say("helo")
        taken = victim.send("gwaeddodd dyn arna i achos lliw fy nghroen")
        launcher = psutil.Process(second.process.pid)
        family = launcher.children(recursive=True)
        assert len(family) >= 7
        second.process.send_signal(stop_with)
        second.process.wait(60)
        _, alive = psutil.wait_procs(family, timeout=20)
        assert alive == []
    assert httpx.get(f"{product.public}/ready").status_code == 200
    with running_product(deep) as again:
        victim.moved_to(again)
        answered = victim.wait_for(lambda message: message["reply_to"] == taken)
        victim.say("ddoe")
        kept = [message for message in victim.seen if message["reply_to"] == taken]
        assert len(kept) == len(answered)
        assert len({message["id"] for message in kept}) == len(kept)


def test_what_dies_is_started_again(product: Product) -> None:
    victim = WebVictim(product, "en")
    victim.say("someone shouted at me in the street because I am gay")
    launcher = psutil.Process(product.process.pid)
    doomed = [
        child
        for child in launcher.children()
        if {"api.worker", "actions.serve"} & set(child.cmdline())
    ]
    assert len(doomed) == 2
    for child in doomed:
        os.kill(child.pid, signal.SIGKILL)
    message_id = victim.send("that is all for now")
    answers = victim.wait_for(lambda message: message["reply_to"] == message_id)
    assert "Why do you think" in answers[-1]["text"]


def test_words_of_the_person_are_in_no_log(product: Product) -> None:
    """Canary words through every process: refused, answered, reported, failed."""
    canary = "Ffigysbren"
    victim = WebVictim(product, "cy")
    victim.say(f"Gwaeddodd dyn enwau hiliol arna i yn {canary}")
    victim.say(f'/report_hate{{"where": "{canary}"}}')
    victim.say(f"fy rhif i yw 07700 900456 a fy enw i yw {canary}")
    httpx.post(
        f"{product.public}/v1/chat/messages",
        json={"id": "not-a-uuid", "text": canary, "extra": canary},
        headers=victim.headers,
    )
    httpx.post(f"{product.public}/sms/inbound", data={"Body": canary, "From": "+447700900456"})
    logs = product.logs()
    assert canary not in logs
    assert "900456" not in logs
