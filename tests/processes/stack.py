"""A whole Breakwater in processes of its own, started as a person starts it, for tests that kill parts of it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Stack:
    """`manage.py run` and its children. `folder` holds its data; `environment` says which database and broker."""

    def __init__(self, folder, environment):
        self.folder = Path(folder)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR") or name.startswith("OPENBLAS")}
        self.environment = {
            **kept,
            "PORT": str(self.port),
            "BREAKWATER_DATA": str(self.folder),
            "LEASE_SECONDS": "4",
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            **environment,
        }
        self.process = None
        self.log = self.folder / "run.log"

    def start(self, *arguments):
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "run", "--no-demo", *arguments],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_until_up(self, seconds=90):
        def up():
            assert self.process.poll() is None, f"it stopped while starting:\n{self.log.read_text()}"
            try:
                return httpx.get(f"{self.url}/healthz", timeout=2).status_code == 200
            except httpx.HTTPError:
                return False

        wait_for(up, seconds, lambda: self.log.read_text()[-3000:])

    def manage(self, *arguments, stdin=None):
        """Run a management command on the same data and return what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment, input=stdin, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, f"manage.py {arguments} failed:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def ask(self, code):
        """Run `code` in Django's shell; it prints one line of JSON last."""
        return json.loads(self.manage("shell", "--no-imports", "-c", code).strip().splitlines()[-1])

    def descendants(self):
        """[(pid, command line)] of everything below `manage.py run`, from /proc."""
        parents, commands = {}, {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                commands[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except (FileNotFoundError, ProcessLookupError):
                continue
        found, level = [], {self.process.pid}
        while level:
            level = {pid for pid, parent in parents.items() if parent in level}
            found += [(pid, commands.get(pid, "")) for pid in level]
        return found

    def kill_one(self, rng):
        """kill -9 one process below `run`, chosen by `rng`; its command line."""
        living = sorted(self.descendants())
        if not living:
            return None
        pid, command = rng.choice(living)
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return None
        return command

    def stop(self, seconds=30):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self):
        """kill -9 of everything, `run` first; nothing when it has stopped already."""
        if self.process is None or self.process.poll() is not None:
            return
        everything = self.descendants()
        for pid in [self.process.pid, *(pid for pid, _ in everything)]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()


def wait_for(condition, seconds, explain=lambda: ""):
    """Wait until `condition()` holds; fail with `explain()` after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.2)
    raise AssertionError(f"it did not happen within {seconds} s: {explain()}")
