"""The Celery application and what rings when."""

import ctypes
import os
import signal
import sys
from pathlib import Path

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_init, worker_process_init

from . import broker  # noqa: F401 "filesystem://" becomes ours

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("breakwater")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["moderation"])
# An instance that hangs holds up whoever waits for it: those who talk to instances have a worker of their own.
app.conf.task_routes = {"moderation.tasks.send_writebacks": {"queue": "network"}, "moderation.tasks.reconcile_instances": {"queue": "network"}}
app.conf.beat_schedule = {
    "sweep": {"task": "moderation.tasks.sweep", "schedule": 5.0, "options": {"expires": 5}},
    "refresh coordination": {"task": "moderation.tasks.refresh_coordination", "schedule": 600.0, "options": {"expires": 600}},
    "keep house": {"task": "moderation.tasks.keep_house", "schedule": 3600.0, "options": {"expires": 3600}},
    "reconcile": {"task": "moderation.tasks.reconcile_instances", "schedule": 900.0, "options": {"expires": 900}},
    "weekly report": {"task": "moderation.tasks.build_weekly_report", "schedule": crontab(minute=15), "options": {"expires": 3600}},
}


@app.on_after_configure.connect
def make_broker_folders(sender, **kwargs):
    options = sender.conf.broker_transport_options
    for folder in {options.get(name) for name in ("data_folder_in", "data_folder_out", "control_folder")} - {None}:
        Path(folder).mkdir(parents=True, exist_ok=True)


@worker_init.connect
def load_engines(sender=None, **kwargs):
    """Before the pool forks, so that its processes share the memory and the first post waits for nothing."""
    if "celery" not in sender.app.amqp.queues.consume_from:
        return
    import moderation.analysis.coordination
    import moderation.analysis.pump  # noqa: F401


@worker_process_init.connect
def die_with_the_worker(**kwargs):
    """A pool process whose worker was killed would otherwise wait for it for ever (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
