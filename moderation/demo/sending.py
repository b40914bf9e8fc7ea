"""Sending webhooks as Mastodon does: signed, a few at a time, tried again after a passing fault."""

import threading
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import httpx

from moderation.intake.signature import sign

PASSING = {408, 429, 500, 502, 503, 504}
TRIES = 6


class Unreachable(Exception):
    """Nobody answers at the address."""


class Sender:
    """Sends bodies to one webhook. `rate`: deliveries a second at most; None: as fast as they are taken."""

    def __init__(self, url, secret, rate=None, parallel=4, pause=0.2):
        self.url, self.secret, self.rate, self.parallel, self.pause = url, secret, rate, parallel, pause
        self.answers = Counter()  # by status, of those that were given an answer for good
        self.retries = 0
        self._lock = threading.Lock()

    @property
    def delivered(self):
        return sum(count for status, count in self.answers.items() if 200 <= status < 300)

    @property
    def done(self):
        return self.answers.total()

    def send_all(self, bodies, on_progress=lambda: None):
        """Send an iterable of bodies (bytes). Unreachable when there is no answer at all after several tries."""
        limits = httpx.Limits(max_connections=self.parallel, max_keepalive_connections=self.parallel)
        with httpx.Client(limits=limits, timeout=10) as client, ThreadPoolExecutor(self.parallel) as pool:
            started, waiting = time.monotonic(), set()
            for sent, body in enumerate(bodies):
                if self.rate:
                    time.sleep(max(0.0, started + sent / self.rate - time.monotonic()))
                waiting.add(pool.submit(self._send, client, body))
                if len(waiting) >= 4 * self.parallel:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    self._raise_first(done, pool)
                on_progress()
            while waiting:
                done, waiting = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
                self._raise_first(done, pool)
                on_progress()

    def _raise_first(self, done, pool):
        for future in done:
            if future.exception():
                pool.shutdown(wait=False, cancel_futures=True)
                raise future.exception()

    def _send(self, client, body):
        headers = {"Content-Type": "application/json", "User-Agent": "Breakwater replay", "X-Hub-Signature": sign(body, self.secret)}
        for attempt in range(TRIES):
            if attempt:
                with self._lock:
                    self.retries += 1
                time.sleep(self.pause * 2 ** (attempt - 1))
            try:
                status = client.post(self.url, content=body, headers=headers).status_code
            except httpx.TransportError as error:
                status, problem = None, error
                continue
            # Mastodon tries a 401 again too; here it means a wrong secret, which waiting does not mend.
            if status not in PASSING:
                break
        if status is None:
            raise Unreachable(f"{self.url} does not answer: {problem}")
        with self._lock:
            self.answers[status] += 1
