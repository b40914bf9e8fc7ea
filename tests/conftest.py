"""How tests run: a scratch data folder, an in-memory broker, and the same random examples each time."""

import os
import tempfile

os.environ.setdefault("BREAKWATER_DATA", os.path.join(tempfile.gettempdir(), f"breakwater-tests-{os.getuid()}"))
# Doorbells ring into memory: tests call the pumps themselves.
os.environ.setdefault("CELERY_BROKER_URL", "memory://")

import pytest
from django.core.cache import cache
from hypothesis import HealthCheck, settings

settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], print_blob=True)
settings.load_profile("same")


@pytest.fixture(autouse=True)
def _fresh_cache(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    # Slow hashing is for real passwords.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
