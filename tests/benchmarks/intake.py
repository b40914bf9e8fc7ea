"""How fast is the webhook, against a bare Django view that only inserts the body?

    DATABASE_URL=postgres://… python -m tests.benchmarks.intake [--seconds 8] [--rounds 3]

Both run under gunicorn with the same two processes, in turn, on the same PostgreSQL, with the same signed Mastodon
bodies over kept-alive connections. Prints one line a round and the ratio of the medians.
"""

import argparse
import hashlib
import hmac
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import psycopg

from tests.processes.stack import ROOT, free_port, wait_for

SECRET = "b" * 40


def body(number):
    """A Status of about 2 KB, as Mastodon sends it."""
    name = f"user{number % 500}"
    account = {"id": str(1000 + number % 500), "username": name, "acct": name, "display_name": "Somebody", "note": "<p>Hello.</p>" * 20}
    content = f"<p>Post {number} about gardens and trains.</p>" * 10
    status = {"id": str(number), "created_at": "2026-11-30T12:00:00.000Z", "content": content, "account": account}
    return json.dumps({"event": "status.created", "created_at": "2026-11-30T12:00:00.000Z", "object": status}).encode()


def load(port, path, seconds, start, connections=4):
    """Requests a second that were answered 202, over `connections` kept-alive connections; bodies number from `start`."""
    done, numbers, lock = [], iter(range(start, start + 10_000_000)), threading.Lock()
    until = time.monotonic() + seconds

    def work():
        connection, count = http.client.HTTPConnection("127.0.0.1", port), 0
        while time.monotonic() < until:
            with lock:
                number = next(numbers)
            raw = body(number)
            signature = hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
            connection.request("POST", path, raw, {"Content-Type": "application/json", "X-Hub-Signature": f"sha256={signature}"})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 202, answer.status
            count += 1
        done.append(count)

    threads = [threading.Thread(target=work) for _ in range(connections)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.monotonic() - begun)


def gunicorn(module, port, environment):
    command = [sys.executable, "-m", "gunicorn", module, "--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4", "--log-level", "warning"]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment})

    def answers():
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
            connection.request("GET", "/healthz")
            connection.getresponse()
        except OSError:
            return False
        return True

    wait_for(answers, 30)
    return process


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    server = os.environ["DATABASE_URL"].rsplit("/", 1)[0]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS breakwater_bench WITH (FORCE)")
        admin.execute("CREATE DATABASE breakwater_bench")
    with tempfile.TemporaryDirectory() as folder:
        environment = {"DATABASE_URL": f"{server}/breakwater_bench", "CELERY_BROKER_URL": "redis://127.0.0.1:6379/14", "BREAKWATER_DATA": folder}
        for command in (["migrate", "-v0"], ["connect_instance", "bench", "--domain", "bench.example", "--secret", SECRET]):
            subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env={**os.environ, **environment}, check=True, stdout=subprocess.DEVNULL)
        with psycopg.connect(environment["DATABASE_URL"], autocommit=True) as database:
            database.execute("CREATE TABLE bare_bodies (id bigserial PRIMARY KEY, body bytea, received_at timestamptz)")
        rates, start = {"bare": [], "webhook": []}, 1
        for _ in range(options.rounds):
            for name, module, path in (("bare", "tests.benchmarks.bare:application", "/bare/"), ("webhook", "config.wsgi", "/webhooks/mastodon/bench/")):
                port = free_port()
                process = gunicorn(module, port, environment)
                try:
                    load(port, path, 1, start)
                    rates[name].append(load(port, path, options.seconds, start + 1_000_000))
                finally:
                    process.terminate()
                    process.wait()
                start += 100_000_000
            print({name: round(values[-1]) for name, values in rates.items()}, flush=True)
    bare, webhook = statistics.median(rates["bare"]), statistics.median(rates["webhook"])
    print(json.dumps({"bare_per_s": round(bare), "webhook_per_s": round(webhook), "ratio": round(webhook / bare, 3)}))


if __name__ == "__main__":
    main()
