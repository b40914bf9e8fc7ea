"""Run everything on one machine: web, worker and beat, watched and restarted; Ctrl-C stops them all."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from moderation.models import Instance, Person, Role

PR_SET_PDEATHSIG = 1
ROOM_MB = 100


class Child:
    """A process of ours that is started again when it dies, unless it dies over and over."""

    TRIES, WITHIN = 5, 60.0

    def __init__(self, name, command):
        self.name, self.command = name, command
        self.process = None
        self.deaths = []

    def start(self):
        # Running as root is said to be supported; celery's warning about it would be the first thing a visitor reads.
        environment = {**os.environ, "PYTHONWARNINGS": "ignore:You're running the worker"}
        self.process = subprocess.Popen(self.command, env=environment, start_new_session=True, preexec_fn=_die_with_parent)  # noqa: PLW1509

    def died(self):
        """True when it has died since it was last started."""
        return self.process is not None and self.process.poll() is not None

    def may_restart(self):
        now = time.monotonic()
        self.deaths = [at for at in self.deaths if now - at < self.WITHIN] + [now]
        return len(self.deaths) < self.TRIES

    def ask_to_stop(self):
        if self.process:
            self.process.terminate()

    def stop_by(self, deadline):
        """Wait until `deadline` (monotonic seconds), then kill it and all it started."""
        if not self.process:
            return
        try:
            self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def _die_with_parent():
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--no-demo", action="store_true", help="do not fill a demo instance on first run")

    def handle(self, *args, no_demo, **options):
        for number in (signal.SIGTERM, signal.SIGINT):  # a shell's background job is born deaf to SIGINT
            signal.signal(number, _interrupt)
        self.host = os.environ.get("HOST", "127.0.0.1")
        self._require_room()
        self._require_port()
        self._prepare()
        children = self._children()
        try:
            for child in children:
                child.start()
            self._wait_for_web(children[0])
            self._greet(no_demo)
            self._watch(children)
        except KeyboardInterrupt:
            self._say("Stopping …")
        finally:
            self._stop(children)
        self._say("Stopped. Everything is kept in " + str(settings.DATA_DIR))

    def _say(self, sentence):
        self.stdout.write(sentence)
        self.stdout.flush()

    def _require_room(self):
        try:
            settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
            probe = settings.DATA_DIR / f".writable-{os.getpid()}"
            probe.write_text("")
            probe.unlink()
        except OSError as error:
            raise CommandError(
                f"The data folder {settings.DATA_DIR} cannot be written to ({error.strerror}). Set BREAKWATER_DATA to another folder."
            ) from error
        free = shutil.disk_usage(settings.DATA_DIR).free // 1_000_000
        if free < ROOM_MB:
            raise CommandError(f"Only {free} MB are free where {settings.DATA_DIR} is; {ROOM_MB} MB are needed. Make room and start again.")

    def _require_port(self):
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, settings.PORT))
            except OSError as error:
                raise CommandError(
                    f"Port {settings.PORT} on {self.host} cannot be used ({error.strerror}). Stop what uses it, or choose another: PORT=8001 bin/start"
                ) from error

    def _prepare(self):
        self._say("Preparing the database …")
        try:
            call_command("migrate", interactive=False, verbosity=0)
            call_command("createcachetable", verbosity=0)
        except DatabaseError as error:
            name = connection.settings_dict["NAME"]
            raise CommandError(f"The database {name} does not answer as it should: {str(error).strip().splitlines()[0]}") from error
        call_command("collectstatic", interactive=False, verbosity=0)
        broker = settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_in"] if settings.CELERY_BROKER_URL.startswith("filesystem") else None
        if broker:
            # Messages are doorbells and carry no data: those of an earlier run are not needed.
            shutil.rmtree(broker, ignore_errors=True)
            Path(broker).mkdir(parents=True)

    def _children(self):
        bind = f"[{self.host}]" if ":" in self.host else self.host
        python = [sys.executable, "-m"]
        web = [*python, "gunicorn", "config.wsgi", "--bind", f"{bind}:{settings.PORT}", "--workers", "2", "--threads", "4", "--log-level", "warning"]
        worker = [*python, "celery", "--quiet", "-A", "config", "worker", "--without-gossip", "--without-mingle", "--loglevel", "warning"]
        beat = [*python, "celery", "--quiet", "-A", "config", "beat", "--schedule", str(settings.DATA_DIR / "beat"), "--pidfile", "", "--loglevel", "warning"]
        analyst = [*worker, "--hostname", "analyst@%h", "--queues", "celery", "--concurrency", "2"]
        messenger = [*worker, "--hostname", "messenger@%h", "--queues", "network", "--pool", "threads", "--concurrency", "2"]
        return [Child("web", web), Child("worker", analyst), Child("messenger", messenger), Child("beat", beat)]

    def _wait_for_web(self, web):
        address = "127.0.0.1" if self.host in ("0.0.0.0", "localhost") else self.host  # noqa: S104
        self.local_url = f"http://[{address}]:{settings.PORT}" if ":" in address else f"http://{address}:{settings.PORT}"
        for _ in range(300):
            if web.died():
                raise CommandError("The web process stopped while starting; its last lines above say why.")
            try:
                with urllib.request.urlopen(f"{self.local_url}/healthz", timeout=2):  # noqa: S310
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise CommandError("The web process did not answer within 30 seconds; its last lines above say why.")

    def _greet(self, no_demo):
        demo = not no_demo and (not Person.objects.exists() or Instance.objects.filter(slug="demo").exists())
        if demo:
            call_command("fill_demo", url=self.local_url, stdout=self.stdout)
        elif not Person.objects.filter(role=Role.OWNER, is_active=True).exists():
            call_command("first_run_code", stdout=self.stdout)
        self._say(f"\nBreakwater is at {settings.BREAKWATER_URL}   (Ctrl-C stops it)")

    def _watch(self, children):
        while True:
            time.sleep(0.5)
            for child in children:
                if not child.died():
                    continue
                code = child.process.returncode
                if not child.may_restart():
                    raise CommandError(f"The {child.name} process died {child.TRIES} times within a minute (exit code {code}); its last lines above say why.")
                self.stderr.write(f"The {child.name} process died (exit code {code}); starting it again. Nothing is lost.")
                child.start()

    def _stop(self, children):
        for child in children:
            child.ask_to_stop()
        deadline = time.monotonic() + 10
        for child in children:
            child.stop_by(deadline)


def _interrupt(number, frame):
    raise KeyboardInterrupt
