"""Talking HTTP to an instance: what each answer means, and what may have happened when none came."""

import ipaddress
import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from .base import Ambiguous, Passing, Refused, Unreachable

MAX_ANSWER_BYTES = 8_000_000  # a page of 200 reports with their posts is about 2 MB
RATE_WINDOW = timedelta(minutes=5)  # Mastodon counts 300 requests in 5 minutes for a token
SHORTEST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(hours=1)  # whatever an instance's clock says


@cache
def _trusted():
    """The certificate authorities we trust; reading them takes longer than a call."""
    return httpx.create_ssl_context()


class Answer:
    """A 2xx answer: `data` is its JSON."""

    def __init__(self, data, headers):
        self.data, self.headers = data, headers


class Client:
    """One pooled HTTPS connection to an instance. Redirects are not followed: the token goes to no other host.

    `timeout`: seconds that one call may take in all. `transport`: httpx's; a test may replay recorded answers with it.
    """

    def __init__(self, base_url, token="", timeout=20.0, transport=None):
        check_address(base_url)
        self.timeout = timeout
        self.exhausted_until = None  # the token has no calls left before this time
        headers = {"User-Agent": f"Breakwater (+{settings.BREAKWATER_URL})", "Accept": "application/json", "Accept-Encoding": "identity"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._http = httpx.Client(
            base_url=base_url,
            headers=headers,
            timeout=httpx.Timeout(timeout, connect=min(5.0, timeout)),
            follow_redirects=False,
            limits=httpx.Limits(max_connections=4, keepalive_expiry=5),
            trust_env=not is_loopback(urlsplit(base_url).hostname),
            transport=transport,
            verify=_trusted(),
        )

    def close(self):
        self._http.close()

    def get(self, path, kind=dict, **params):
        """Answer of a read, whose JSON is a `kind`. Raises Refused or Passing."""
        answer = self._call("GET", path, params=params)
        if not isinstance(answer.data, kind):
            raise Passing(self._strange())
        return answer

    def post(self, path, **body):
        """Answer of a write. Raises Refused, Passing, or Ambiguous when it may have been carried out."""
        return self._call("POST", path, json=body)

    def _call(self, method, path, **given):
        deadline = time.monotonic() + self.timeout
        try:
            with self._http.stream(method, path, **given) as response:
                body = _read(response, deadline)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unreachable(_("%(host)s cannot be reached: %(why)s") % {"host": self._http.base_url.host, "why": error or type(error).__name__}) from error
        except (httpx.TransportError, TooLong) as error:
            words = _("%(host)s did not finish its answer: %(why)s") % {"host": self._http.base_url.host, "why": str(error) or type(error).__name__}
            raise (Unreachable if method == "GET" else Ambiguous)(words) from error
        self._note_limit(response)
        return self._understand(method, response, body)

    def _note_limit(self, response):
        if response.headers.get("x-ratelimit-remaining") == "0":
            self.exhausted_until = resets_at(response.headers)

    def _understand(self, method, response, body):
        status, host = response.status_code, self._http.base_url.host
        if status == 429:
            # Mastodon sends no Retry-After: the reset is the only word on when to come back.
            self.exhausted_until = resets_at(response.headers)
            raise Passing(_("%(host)s asks us to send less for a while.") % {"host": host}, retry_at=self.exhausted_until)
        unsure = Passing if method == "GET" else Ambiguous
        if status >= 500 or status == 408:
            # A server, or a proxy before it, can fail after the work was done.
            raise unsure(_("%(host)s has a fault of its own (%(status)d).") % {"host": host, "status": status})
        if 300 <= status < 400:
            raise Refused(_("%(host)s sends us on to another address. Enter the address of its API on the instance's page.") % {"host": host}, status=status)
        if status >= 400:
            raise Refused(refusal(status, _error_words(body), host), status=status)
        try:
            return Answer(json.loads(body), response.headers)
        except (ValueError, RecursionError) as error:
            raise unsure(self._strange()) from error

    def _strange(self):
        return _("%(host)s answered with something that is not its API's.") % {"host": self._http.base_url.host}


class TooLong(Exception):
    """The answer took too long or was too large."""


def _read(response, deadline):
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise TooLong(_("it is larger than %(size)d MB") % {"size": MAX_ANSWER_BYTES // 1_000_000})
        if time.monotonic() > deadline:
            raise TooLong(_("it takes too long"))
    return bytes(body)


def _error_words(body):
    """What the instance says is wrong, as one short line of plain text."""
    try:
        words = json.loads(body)["error"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return ""
    return " ".join(words.split())[:200] if isinstance(words, str) else ""


def refusal(status, words, host):
    """A sentence for a person: what was refused, and what to do."""
    if status == 401:
        return _("%(host)s no longer accepts our access token. Make a new one there and enter it on the instance's page.") % {"host": host}
    if status == 403 and "scope" in words.lower():
        return _("Our access token lacks a scope at %(host)s. Grant the scopes on the instance's page, and enter the new token.") % {"host": host}
    if status == 403:
        return _("%(host)s does not allow this. Either it is already so, or the account ranks at least as high as our token's: an owner there can do it.") % {
            "host": host
        }
    if status in (404, 410):
        return _("%(host)s no longer has this account or report. There is nothing left to do.") % {"host": host}
    if status == 422:
        return _("%(host)s cannot do this: %(words)s. Look at the account there.") % {"host": host, "words": words or "422"}
    return _("%(host)s refused with %(status)d %(words)s") % {"host": host, "status": status, "words": words}


def resets_at(headers):
    """When the instance counts our calls afresh, on our clock: 5 minutes from now where it does not say."""
    now = timezone.now()
    try:
        reset = datetime.fromisoformat(headers["x-ratelimit-reset"])
        reset = reset if reset.tzinfo else reset.replace(tzinfo=UTC)
        theirs = parsedate_to_datetime(headers["date"]) if "date" in headers else now
        wait = reset - theirs
    except (KeyError, ValueError, TypeError, OverflowError):
        return now + RATE_WINDOW
    return now + min(max(wait, SHORTEST_WAIT), LONGEST_WAIT)


def clock_skew(headers):
    """Seconds by which the instance's clock is ahead of ours; None where it does not tell the time."""
    try:
        return (parsedate_to_datetime(headers["date"]) - timezone.now()).total_seconds()
    except (KeyError, ValueError, TypeError):
        return None


def is_loopback(host):
    """Whether `host`, a name or an address, is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_address(base_url):
    """Raise Refused unless `base_url` is https, or plain http to this machine."""
    try:
        parts = urlsplit(base_url)
        host, scheme = parts.hostname or "", parts.scheme
    except ValueError:
        host, scheme = "", ""
    if not host or scheme not in ("http", "https"):
        raise Refused(_("The address of this instance is not one we can call. Enter it on the instance's page, such as https://social.example."))
    if scheme == "http" and not is_loopback(host):
        raise Refused(_("We send a token only over https. Correct the address on the instance's page."))
