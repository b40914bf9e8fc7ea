"""bin/start says in one sentence what is wrong, and stops what it started."""

import os
import signal
import socket
import subprocess

import pytest

from .stack import ROOT, Stack, free_port, wait_for

pytestmark = pytest.mark.processes


def run_start(*arguments, **environment):
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "CELERY_BROKER_URL", "PORT", "SECRET_KEY")}
    return subprocess.run(["bin/start", *arguments], cwd=ROOT, env={**kept, **environment}, capture_output=True, text=True, timeout=120, check=False)


def assert_one_sentence(done, *words):
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "Traceback" not in said
    for word in words:
        assert word in said, said


def test_a_port_in_use_is_a_sentence(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert_one_sentence(run_start(PORT=port, BREAKWATER_DATA=str(tmp_path)), f"Port {port}", "PORT=8001")


def test_a_data_folder_that_is_a_file_is_a_sentence(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    assert_one_sentence(run_start(BREAKWATER_DATA=str(file)), "BREAKWATER_DATA")


def test_a_database_that_does_not_answer_is_a_sentence(tmp_path):
    done = run_start(PORT=str(free_port()), BREAKWATER_DATA=str(tmp_path), DATABASE_URL="postgres://nobody@127.0.0.1:1/nothing")
    assert_one_sentence(done, "The database nothing does not answer")


def test_an_unknown_option_is_a_sentence():
    assert_one_sentence(run_start("--frobnicate"), "--frobnicate")


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("BREAKWATER_URL", "http://mod.example", "https://"),
        ("BREAKWATER_URL", "nonsense", "address such as"),
        ("SECRET_KEY", "secret", "SECRET_KEY"),
        ("ALLOWED_HOSTS", "*", "ALLOWED_HOSTS"),
    ],
)
def test_production_refuses_an_unsafe_setting_in_a_sentence(tmp_path, name, value, word):
    environment = {"BREAKWATER_URL": "https://mod.example", "BREAKWATER_DATA": str(tmp_path), name: value}
    assert_one_sentence(run_start(**environment), word)


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "abc"), ("PORT", "99999"), ("DATABASE_URL", "zzz"), ("EMAIL_URL", "bogus"), ("KEEP_PERSONAL_DAYS", "a month"), ("WAVE_HOURS", "x")],
)
def test_a_setting_that_is_none_is_named_in_a_sentence(tmp_path, name, value):
    assert_one_sentence(run_start(BREAKWATER_DATA=str(tmp_path), **{name: value}), name)


def test_a_dead_child_is_started_again_and_ctrl_c_stops_them_all(tmp_path):
    stack = Stack(tmp_path / "data", {})
    stack.start()
    try:
        stack.wait_until_up()
        wait_for(lambda: len(stack.descendants()) >= 6, 60)
        worker = next(pid for pid, command in stack.descendants() if " worker " in command)
        os.kill(worker, signal.SIGKILL)
        wait_for(lambda: any(" worker " in command and pid != worker for pid, command in stack.descendants()), 60, lambda: stack.log.read_text())
        wait_for(lambda: "starting it again" in stack.log.read_text(), 10)
        everything = [pid for pid, _ in stack.descendants()]
        stack.stop()
        wait_for(lambda: not [pid for pid in everything if os.path.exists(f"/proc/{pid}")], 20)
        assert "Traceback" not in stack.log.read_text()
        assert "Stopped." in stack.log.read_text()
    finally:
        stack.kill()
