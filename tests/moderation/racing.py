"""Real threads with a database connection each, started together."""

import threading

import pytest
from django.db import connection


def needs_postgres():
    if connection.vendor != "postgresql":
        pytest.skip("Races need real row locks: run this with DATABASE_URL on PostgreSQL.")


def race(*runners):
    """Run all `runners` at once, each in a thread of its own, and wait for all; raises the first error any of them met."""
    errors = []
    start = threading.Barrier(len(runners))

    def run(runner):
        try:
            start.wait(timeout=60)
            runner()
        except BaseException as error:  # raised again below, in the test's own thread
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(runner,), daemon=True) for runner in runners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not any(thread.is_alive() for thread in threads), "a thread is stuck"
    if errors:
        raise errors[0]
