"""Text that is stored encrypted with SECRET_KEY, and tokens of which only a hash is stored."""

import base64
import hashlib
import secrets
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


@lru_cache(maxsize=4)
def _fernet_of(keys):
    """Deriving keys takes milliseconds by design: once a process, not once a field."""
    derive = lambda key: base64.urlsafe_b64encode(hashlib.scrypt(key.encode(), salt=b"breakwater.fields", n=1024, r=8, p=1, dklen=32))  # noqa: E731
    return MultiFernet([Fernet(derive(key)) for key in keys])


def _fernet():
    return _fernet_of((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


class Unreadable(Exception):
    """A stored secret was encrypted with a SECRET_KEY we no longer have."""


class EncryptedTextField(models.TextField):
    """Plain text in Python, a Fernet token in the database. Empty stays empty."""

    def get_prep_value(self, value):
        return _fernet().encrypt(value.encode()).decode() if value else ""

    def from_db_value(self, value, expression, connection):
        if not value:
            return ""
        try:
            return _fernet().decrypt(value.encode()).decode()
        except InvalidToken as error:
            raise Unreadable("A stored secret cannot be read with this SECRET_KEY. Restore the key, or add it to SECRET_KEY_FALLBACKS.") from error


def new_token():
    """A random URL-safe token of 256 bits."""
    return secrets.token_urlsafe(32)


def token_hash(token):
    """What is stored of a token: its SHA-256, 64 hex characters."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
