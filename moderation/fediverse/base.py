"""What any platform must offer, and the plain values in which it tells us what happened."""

from dataclasses import dataclass, field
from datetime import datetime


class Malformed(ValueError):
    """What came in is not what the platform's documentation describes; the message says where."""


class RemoteError(Exception):
    """The instance did not do what we asked."""


class Refused(RemoteError):
    """A permanent no (403, 404, 422, …): trying again changes nothing until a person does something. `status`: HTTP's, if any."""

    def __init__(self, message, status=None):
        super().__init__(message)
        self.status = status


class Passing(RemoteError):
    """A passing fault (network, 429, 5xx). `retry_at`: when to try again, if the instance said so."""

    def __init__(self, message, retry_at=None):
        super().__init__(message)
        self.retry_at = retry_at


class Unreachable(Passing):
    """Nobody answers there: another call would fail just the same, so all of them wait a little."""


class Ambiguous(Passing):
    """The request may have been carried out (a time-out while waiting for the answer): look before trying again."""


@dataclass(frozen=True)
class AccountSeen:
    remote_id: str
    username: str
    domain: str = ""  # empty: local
    display_name: str = ""
    note: str = ""  # HTML, hostile
    url: str = ""
    avatar_url: str = ""
    bot: bool = False
    followers_count: int | None = None
    following_count: int | None = None
    statuses_count: int | None = None
    created_at: datetime | None = None
    # None where the platform did not say (a plain Account, or a remote one).
    confirmed: bool | None = None
    approved: bool | None = None
    disabled: bool | None = None
    silenced: bool | None = None
    sensitized: bool | None = None
    suspended: bool | None = None
    email: str = ""  # hashed and dropped at ingest
    ip: str = ""
    sign_up_reason: str = ""


@dataclass(frozen=True)
class PostSeen:
    remote_id: str
    account: AccountSeen
    created_at: datetime
    content: str = ""  # HTML, hostile
    spoiler_text: str = ""
    language: str = ""
    visibility: str = "public"
    sensitive: bool = False
    uri: str = ""
    url: str = ""
    in_reply_to_id: str = ""
    in_reply_to_account_id: str = ""
    boost_of: str = ""  # uri of the boosted post
    links: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    mentions: tuple[dict, ...] = ()  # {"id", "acct"}
    media: tuple[dict, ...] = ()  # {"id", "type", "url", "description", "blurhash", "width", "height"}
    edited_at: datetime | None = None


@dataclass(frozen=True)
class ReportSeen:
    remote_id: str
    target: AccountSeen
    created_at: datetime
    reporter: AccountSeen | None = None
    posts: tuple[PostSeen, ...] = ()
    category: str = "other"
    comment: str = ""
    rules: tuple[dict, ...] = ()  # {"id", "text"}
    forwarded: bool | None = None
    updated_at: datetime | None = None
    resolved_at: datetime | None = None
    resolved_by: str = ""  # remote id of the account that closed it
    assigned_to: str = ""


@dataclass(frozen=True)
class Event:
    """One delivery, understood. `key` names the version of the object, for deduplication; None where there is none."""

    name: str
    key: str | None
    seen: AccountSeen | PostSeen | ReportSeen | None  # None: an event we know nothing of
    at: datetime | None = None  # when this state was written down


@dataclass(frozen=True)
class Check:
    """One line of a connection test, for a person."""

    name: str
    ok: bool
    detail: str = ""


@dataclass
class RemoteState:
    """What an instance says of an account now."""

    exists: bool = True
    suspended: bool = False
    silenced: bool = False
    sensitized: bool = False
    disabled: bool = False
    approved: bool | None = None
    open_reports: list[str] = field(default_factory=list)


class Platform:
    """The verbs of an instance's admin API. Each raises Refused, Passing or Ambiguous, and returns a receipt as plain JSON."""

    def __init__(self, instance):
        self.instance = instance

    def check(self):
        """Test the connection outwards: a list of Check."""
        raise NotImplementedError

    def state_of(self, account_id, reports=False):
        """RemoteState of an account, read now; `open_reports` is filled where `reports` asks for it."""
        raise NotImplementedError

    def closed_by(self, report_id):
        """None while a report is open; else the remote id of who closed it, empty where the instance does not say."""
        raise NotImplementedError

    def send(self, call, params):
        """Carry out one writeback `call` (see enforcement.writeback) and return its receipt."""
        raise NotImplementedError
