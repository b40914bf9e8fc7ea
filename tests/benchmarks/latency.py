"""From a signed report at the webhook to a case in its queue, on a quiet system.

    python -m tests.benchmarks.latency [--reports 60] [--database postgres://… --broker redis://…]

Starts web, worker and beat as `bin/start` does; without --database it is the embedded default. Sends one report at a
time and asks the database every 5 ms until its case is there. Prints p50, p95 and the longest, in milliseconds.
"""

import argparse
import copy
import hashlib
import hmac
import json
import os
import sqlite3
import tempfile
import time
from datetime import UTC, datetime

import httpx
import psycopg

from tests.processes.stack import ROOT, Stack

SECRET = "l" * 40


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=int, default=60)
    parser.add_argument("--database", help="an empty PostgreSQL database")
    parser.add_argument("--broker")
    options = parser.parse_args()
    template = json.loads((ROOT / "tests/data/mastodon/admin_report_1.json").read_text())
    with tempfile.TemporaryDirectory() as folder:
        environment = {"DATABASE_URL": options.database} if options.database else {}
        if options.broker:
            environment["CELERY_BROKER_URL"] = options.broker
        stack = Stack(folder, environment)
        stack.start()
        try:
            stack.wait_until_up()
            stack.manage("connect_instance", "bench", "--domain", "bench.example", "--secret", SECRET)
            database = psycopg.connect(options.database, autocommit=True) if options.database else sqlite3.connect(os.path.join(folder, "breakwater.sqlite3"))
            mark = "%s" if options.database else "?"
            query = f"SELECT 1 FROM moderation_report r JOIN moderation_case c ON c.id = r.case_id WHERE r.remote_id = {mark} AND c.state = 'open'"
            taken = []
            with httpx.Client(base_url=stack.url) as client:
                for number in range(1, options.reports + 1):
                    report = copy.deepcopy(template)
                    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
                    report.update(id=str(number), action_taken=False, action_taken_at=None, created_at=now, updated_at=now)
                    report["target_account"]["id"] = report["target_account"]["account"]["id"] = str(900_000 + number)
                    raw = json.dumps({"event": "report.created", "created_at": now, "object": report}).encode()
                    signature = hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
                    headers = {"Content-Type": "application/json", "X-Hub-Signature": f"sha256={signature}"}
                    begun = time.perf_counter()
                    answer = client.post("/webhooks/mastodon/bench/", content=raw, headers=headers)
                    assert answer.status_code == 202, answer.status_code
                    while not database.execute(query, [str(number)]).fetchone():
                        assert time.perf_counter() - begun < 30, "no case after 30 s"
                        time.sleep(0.005)
                    taken.append((time.perf_counter() - begun) * 1000)
                    time.sleep(0.3)
        finally:
            stack.stop()
    taken.sort()
    print(json.dumps({"n": len(taken), "p50_ms": round(taken[len(taken) // 2]), "p95_ms": round(taken[int(len(taken) * 0.95)]), "max_ms": round(taken[-1])}))


if __name__ == "__main__":
    main()
