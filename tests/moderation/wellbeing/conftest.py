import pytest


@pytest.fixture(autouse=True)
def cheap_passwords(settings):
    """These tests make many people and sign nobody in."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
