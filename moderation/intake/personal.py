"""E-mail and IP addresses: what is kept of them, so that sign-ups can be compared and nobody can be written to."""

import hmac
import ipaddress
from datetime import timedelta

from django.conf import settings

from .columns import storable


def personal_columns(instance, seen):
    """The hashes, mail domain and IP prefix of an AccountSeen as columns of Account; {} when it tells neither."""
    columns = {}
    name, at, domain = seen.email.strip().lower().rpartition("@")
    if at and name and domain:
        # As Mastodon does it: dots and what follows a plus make no other mailbox.
        canonical = f"{name.replace('.', '').partition('+')[0] or name}@{domain}"
        columns |= {"email_hash": _keyed(instance, "email", canonical), "email_domain": storable(domain, 253)}
    try:
        address = ipaddress.ip_address(seen.ip.strip())
        address = getattr(address, "ipv4_mapped", None) or address
        network = ipaddress.ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False)
    except ValueError:
        return columns
    return columns | {"ip_hash": _keyed(instance, "ip", str(address)), "ip_prefix": str(network)}


def keep_for(instance):
    """How long an instance's personal data is kept, a timedelta."""
    days = settings.KEEP_PERSONAL_DAYS if instance.keep_personal_days is None else instance.keep_personal_days
    return timedelta(days=days)


def _keyed(instance, kind, value):
    """HMAC-SHA256 under our SECRET_KEY: addresses are few enough to try them all against a plain hash."""
    message = f"breakwater.personal:{instance.pk}:{kind}:{value}"
    return hmac.digest(settings.SECRET_KEY.encode(), message.encode("utf-8", "surrogatepass"), "sha256").hex()
