"""Which slop model judges the posts of an instance, and the keys that sign models."""

import hashlib
import hmac

from django.conf import settings


def signing_keys():
    """Keys for model files, derived from SECRET_KEY and its fallbacks; the first one signs."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [hmac.new(secret.encode(), b"breakwater.models", hashlib.sha256).digest() for secret in secrets]
