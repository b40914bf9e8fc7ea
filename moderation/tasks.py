"""Every background job. A task carries no data: it rings, and the pump finds what waits in the tables.

The engines of `analysis` load numerical libraries, a second's work and a hundred megabytes that a web process, which
only rings, does not need: they are imported where they run.
"""

import logging
import threading
import time
from datetime import timedelta

from celery import shared_task
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from .enforcement import writeback
from .fediverse.base import Malformed, RemoteError
from .fediverse.mastodon import platform_for
from .intake import ingest, retention
from .intake.reconcile import reconcile
from .models import IdempotentAnswer, Instance, Software
from .queues import claims, holding, routing
from .reports import weekly

log = logging.getLogger(__name__)


class Doorbell:
    """Rings a task at most once in `every` seconds a process; a ring in between is made up for at the end."""

    def __init__(self, task, every=0.05):
        self.task, self.every = task, every
        self._lock = threading.Lock()
        self._quiet_until = 0.0
        self._owed = False

    def ring(self):
        with self._lock:
            now = time.monotonic()
            if now >= self._quiet_until:
                self._quiet_until = now + self.every
            elif self._owed:
                return
            else:
                self._owed = True
                timer = threading.Timer(self._quiet_until - now, self._make_up)
                timer.daemon = True
                timer.start()
                return
        self._send()

    def _make_up(self):
        with self._lock:
            self._owed = False
            self._quiet_until = time.monotonic() + self.every
        self._send()

    def _send(self):
        try:
            self.task.apply_async(ignore_result=True, retry=False, expires=60)
        except (OperationalError, OSError) as error:
            # The rows wait in their table; the sweep rings again when the broker is back.
            log.warning("the broker does not answer, %s was not rung: %s", self.task.name, error)


def ring(task):
    """Ring `task` once the current transaction is committed."""
    transaction.on_commit(bells[task.name].ring)


def drain(work, limit, rounds=50):
    """Call `work(limit)` until it finds nothing, or hand back to the next ring after `rounds`; the number done."""
    total = 0
    for _ in range(rounds):
        done = work(limit)
        total += done
        if done < limit:
            break
    return total


@shared_task
def ingest_deliveries():
    if drain(ingest.ingest_waiting, 200):
        ring(analyse_posts)
        ring(route_cases)


@shared_task
def analyse_posts():
    from .analysis import pump

    if drain(pump.analyse_waiting, 200):
        ring(route_cases)


@shared_task
def route_cases():
    drain(routing.route_waiting, 200)


@shared_task
def send_writebacks():
    drain(writeback.send_waiting, 20)


@shared_task
def sweep():
    """Ring every bell whose table has waiting rows, and bring back what was left lying."""
    claims.expire_claims()
    holding.review()
    for task in (ingest_deliveries, analyse_posts, route_cases, send_writebacks):
        task.apply_async(expires=60)


@shared_task
def refresh_coordination():
    from .analysis import coordination

    coordination.refresh_all()


@shared_task
def build_weekly_report():
    """Close the weeks that are over and mail the newest report; cheap when nothing is due, so it may ring often."""
    weekly.close_due()


@shared_task
def keep_house():
    """Forget what is past its time."""
    from .analysis import coordination, neighbours

    retention.erase_expired()
    drain(neighbours.forget_old, 1000, rounds=20)
    drain(coordination.forget_old, 1000, rounds=200)
    IdempotentAnswer.objects.filter(created_at__lt=timezone.now() - timedelta(days=1)).delete()
    call_command("clearsessions")


@shared_task
def reconcile_instances():
    """Ask each instance for what its webhook may have lost; one that does not answer keeps no other from its turn."""
    for instance in Instance.objects.filter(software=Software.MASTODON).exclude(api_token=""):
        platform = platform_for(instance)
        try:
            told = reconcile(instance, platform)
        except (RemoteError, Malformed) as error:
            log.warning("%s could not be asked what is new: %s", instance.slug, error)
            continue
        finally:
            platform.close()
        if told["problems"]:
            log.warning("%s refused to tell what is new: %s", instance.slug, "; ".join(told["problems"]))
    ring(route_cases)
    ring(analyse_posts)


bells = {task.name: Doorbell(task) for task in (ingest_deliveries, analyse_posts, route_cases, send_writebacks)}
