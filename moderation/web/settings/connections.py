"""Connecting an instance, changing its connection, and taking it apart: the verbs behind the page and the command."""

import re
import secrets
from contextlib import contextmanager
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from moderation.fediverse.base import Check, RemoteError
from moderation.fediverse.client import is_loopback
from moderation.fediverse.mastodon import platform_for
from moderation.models import Instance, Mode, Software, log_change

HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:[0-9]{1,5})?")
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
KEY = re.compile(r"[\x21-\x7e]+")
TEST_SECONDS = 6.0  # one call may take while somebody waits for the answer
RESERVED_SLUGS = {"new"}  # addresses under /settings/instances/ that are pages of their own


class NotUsable(Exception):
    """A value that cannot be used; the message is a sentence for the person who entered it."""


def usable_slug(slug):
    """`slug` in lower case; raises NotUsable."""
    slug = slug.strip().lower()
    if not SLUG.fullmatch(slug) or len(slug) > 40:
        raise NotUsable(_("A short name has at most 40 small letters, digits and single hyphens, for example “garden-social”."))
    if slug in RESERVED_SLUGS:
        raise NotUsable(_("“%(slug)s” is already the name of a page. Choose another short name.") % {"slug": slug})
    return slug


def usable_domain(domain):
    """`domain` as it travels: lower case, punycode; raises NotUsable."""
    domain = domain.strip().lower().rstrip(".")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode()
        except UnicodeError:
            domain = ""
    if not HOST.fullmatch(domain):
        raise NotUsable(_("Enter only the domain, for example “garden.social”, without https:// and without a path."))
    return domain


def usable_address(url):
    """The origin of an API, as `scheme://host[:port]`; plain http is for loopback addresses only. Raises NotUsable."""
    try:
        parts = urlsplit(url.strip())
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise NotUsable(_("This is not an address. Enter one such as “https://garden.social”.")) from None
    if parts.scheme not in ("http", "https") or not host or not host.isascii() or re.search(r"[\s\\%]", parts.netloc):
        raise NotUsable(_("This is not an address. Enter one such as “https://garden.social”."))
    if parts.username is not None or parts.password is not None:
        raise NotUsable(_("Leave the name and password out of the address. The access token has a field of its own."))
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise NotUsable(_("Enter the address without a path: Breakwater adds the path of each call itself."))
    if parts.scheme == "http" and not is_loopback(host):
        raise NotUsable(_("Use https://. Plain http would send your access token readable over the network; it is allowed only to this machine itself."))
    return f"{parts.scheme}://{parts.netloc.lower()}"


def usable_key(key):
    """A secret or token without the blanks around it; raises NotUsable."""
    key = key.strip()
    if not KEY.fullmatch(key) or len(key) > 500:
        raise NotUsable(_("This has blanks or unusual characters in it. Copy it again, whole and alone."))
    return key


def new_secret():
    """A webhook secret of the form Mastodon makes: 40 hexadecimal characters."""
    return secrets.token_hex(20)


def webhook_url(instance):
    """Where the instance sends its webhooks."""
    return f"{settings.BREAKWATER_URL}/webhooks/mastodon/{instance.slug}/"


def described(instance):
    """What the policy log keeps of an instance: whether secrets are there, never the secrets."""
    return {
        "domain": instance.domain,
        "software": str(instance.software),
        "address": instance.base_url,
        "mode": str(instance.mode),
        "secret": bool(instance.webhook_secret),
        "old_secret_accepted": bool(instance.previous_webhook_secret),
        "token": bool(instance.api_token),
        "keep_personal_days": instance.keep_personal_days,
        "wave_days": instance.wave_days,
    }


def _subject(instance):
    return f"instance {instance.slug}"


@contextmanager
def _changing(instance, by, done=""):
    """Lock an instance, let the block change it, save and log it: one transaction. `done` names what leaves no other mark."""
    with transaction.atomic():
        locked = Instance.objects.select_for_update().get(pk=instance.pk)
        before = described(locked)
        yield locked
        locked.save()
        after = described(locked)
        if done:
            after["done"] = done
        if after != before:
            log_change(by=by, subject=f"instance {locked.slug}", before=before, after=after)
    instance.refresh_from_db()


def connect(*, by, slug, domain, software=Software.MASTODON, address="", secret="", token="", mode=Mode.OBSERVE):
    """Make an instance and return it. Raises NotUsable, also when the short name is taken."""
    instance = Instance(
        slug=usable_slug(slug),
        domain=usable_domain(domain),
        software=software,
        mode=mode,
        webhook_secret=usable_key(secret) if secret else "",
        api_token=usable_key(token) if token else "",
    )
    instance.base_url = usable_address(address) if address else f"https://{instance.domain}"
    try:
        with transaction.atomic():
            instance.save()
            log_change(by=by, subject=f"instance {instance.slug}", before=None, after=described(instance))
    except IntegrityError:
        raise NotUsable(_("There is already an instance called “%(slug)s”. Choose another short name.") % {"slug": instance.slug}) from None
    return instance


def change_address(*, instance, by, domain=None, address=None, keep_token=False):
    """Move an instance to another domain or API address; an address that was `https://<domain>` follows its domain. Raises NotUsable.

    Another address gets no token that was meant for the one before, unless `keep_token`.
    """
    domain = usable_domain(domain) if domain else None
    address = usable_address(address) if address else None
    with _changing(instance, by) as locked:
        before = locked.base_url
        if domain and address is None and locked.base_url == f"https://{locked.domain}":
            address = f"https://{domain}"
        locked.domain = domain or locked.domain
        locked.base_url = address or locked.base_url
        if locked.base_url != before and not keep_token:
            locked.api_token = locked.agent_account_id = ""


def change_mode(*, instance, by, mode):
    """Observe or act, from the next decision on."""
    with _changing(instance, by) as locked:
        locked.mode = mode


def replace_secret(*, instance, by, secret):
    """Use `secret` from now on; the one before is still accepted until `finish_rotation`. Raises NotUsable."""
    secret = usable_key(secret)
    if secret == instance.webhook_secret:
        return
    with _changing(instance, by, done="secret replaced") as locked:
        locked.previous_webhook_secret, locked.webhook_secret = locked.webhook_secret, secret
        # Counted against the old secret; what is wrong with the new one should stand out.
        locked.bad_signature_count, locked.bad_signature_at = 0, None


def finish_rotation(*, instance, by):
    """Stop accepting the secret before the present one."""
    with _changing(instance, by) as locked:
        locked.previous_webhook_secret = ""


def replace_token(*, instance, by, token):
    """Use another access token; whose it is will be asked again. Raises NotUsable."""
    token = usable_key(token)
    if token == instance.api_token:
        return
    with _changing(instance, by, done="token replaced") as locked:
        locked.api_token, locked.agent_account_id, locked.rate_limited_until = token, "", None


def keep_personal_data(*, instance, by, days):
    """Keep hashes of mail and IP addresses for `days` from now on; None: as the setting KEEP_PERSONAL_DAYS says."""
    with _changing(instance, by) as locked:
        locked.keep_personal_days = days


def look_back_for_waves(*, instance, by, days):
    """Count near-copies within `days` as one wave from now on; None: as the settings WAVE_* say."""
    with _changing(instance, by) as locked:
        locked.wave_days = days


def disconnect(*, instance, by):
    """Forget the secrets and stop acting; everything that was decided stays. What waits to be sent is refused in observe mode."""
    with _changing(instance, by, done="disconnected") as locked:
        locked.mode = Mode.OBSERVE
        locked.webhook_secret = locked.previous_webhook_secret = locked.api_token = locked.agent_account_id = ""
        locked.api_tokens.filter(revoked_at=None).update(revoked_at=timezone.now())


def check_outwards(instance):
    """Ask the instance whether we may do what we need to: a list of Check. Talks to the network; call it outside transactions.

    Remembers whose the token is, so that our own actions are known again when they come back as deliveries.
    """
    platform = platform_for(instance)
    platform.timeout = TEST_SECONDS
    try:
        checks = platform.check()
    except RemoteError as error:
        checks = [Check(_("Connection"), False, str(error))]
    finally:
        platform.close()
    # The test leaves it on the platform; asking for it where the test failed would call the instance again.
    if agent := vars(platform).get("agent_account_id"):
        Instance.objects.filter(pk=instance.pk).update(agent_account_id=agent)
    return checks
