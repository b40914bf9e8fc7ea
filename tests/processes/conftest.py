"""Real PostgreSQL and Redis for the processes, in a database and a Redis number of their own."""

import os
import uuid

import psycopg
import pytest
import redis


@pytest.fixture
def grown_up():
    """DATABASE_URL of a new PostgreSQL database and CELERY_BROKER_URL of an empty Redis, both emptied afterwards."""
    server, broker = os.environ.get("TEST_POSTGRES_URL"), os.environ.get("TEST_REDIS_URL")
    if not server or not broker:
        pytest.skip("TEST_POSTGRES_URL and TEST_REDIS_URL are not set; bin/test sets them")
    name = f"breakwater_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    redis.Redis.from_url(broker).flushdb()
    yield {"DATABASE_URL": f"{server.rsplit('/', 1)[0]}/{name}", "CELERY_BROKER_URL": broker}
    redis.Redis.from_url(broker).flushdb()
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
