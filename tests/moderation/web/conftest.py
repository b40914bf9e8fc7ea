import pytest


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """Hashing a password properly takes a third of a second; here it proves nothing."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
