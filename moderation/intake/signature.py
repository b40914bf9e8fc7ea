"""Is a delivery really from the instance? HMAC-SHA256 over the raw body."""

import hmac

PREFIX = "sha256="
# Compared against when there is no secret, so that an unknown slug costs what a known one costs.
NO_SECRET = "no secret has this value"  # noqa: S105


def sign(body, secret):
    """The X-Hub-Signature header Mastodon sends with `body` (bytes): "sha256=" and 64 lowercase hex characters."""
    return PREFIX + hmac.digest(secret.encode("utf-8", "surrogatepass"), body, "sha256").hex()


def verify(body: bytes, header: str, secrets: list[str]) -> bool:
    """True when `header` signs `body` under one of `secrets` (current and previous; empty ones never match).

    Constant in time for a given number of secrets; with none it still computes one HMAC.
    """
    given = header.encode("utf-8", "surrogatepass")
    matched = False
    for secret in [secret for secret in secrets if secret] or [None]:
        expected = sign(body, secret or NO_SECRET).encode()
        matched |= hmac.compare_digest(expected, given) and secret is not None
    return matched
