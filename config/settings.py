"""Every setting, from the environment; the defaults make one machine work with nothing set."""

import ipaddress
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DATA_DIR = Path(env.str("BREAKWATER_DATA", default=str(BASE_DIR / "data"))).resolve()


def _number(name, default, least=0, most=10**9):
    """The whole number in the variable `name`; a sentence, not a traceback, when it is none or out of range."""
    given = env.str(name, default=str(default)).strip()
    if not (given.isascii() and given.isdigit() and least <= int(given) <= most):
        raise ImproperlyConfigured(f"{name} must be a whole number from {least} to {most}, such as {default}, not {given!r}.")
    return int(given)


def _decimal(name, default):
    """The number in the variable `name`, 0 or more; a sentence when it is none."""
    given = env.str(name, default=str(default)).strip()
    if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", given, re.ASCII):
        raise ImproperlyConfigured(f"{name} must be a number such as {default}, not {given!r}.")
    return float(given)


PORT = _number("PORT", default=8000, least=1, most=65_535)
BREAKWATER_URL = env.str("BREAKWATER_URL", default=f"http://localhost:{PORT}").rstrip("/")
DEBUG = False


def _is_loopback(host):
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


_site = urlsplit(BREAKWATER_URL)
PUBLIC = not _is_loopback(_site.hostname or "")


def _kept_secret_key():
    """The key made on first start and kept in the data folder, readable by us alone."""
    path = DATA_DIR / "secret_key"
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:  # another process was faster
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(get_random_secret_key() * 2)
    return path.read_text().strip()


try:
    SECRET_KEY = env.str("SECRET_KEY", default="") or _kept_secret_key()
except OSError as error:
    raise ImproperlyConfigured(f"The data folder {DATA_DIR} cannot be used ({error.strerror}). Set BREAKWATER_DATA to another folder.") from error
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", _site.hostname or "localhost"])
CSRF_TRUSTED_ORIGINS = [f"{_site.scheme}://{_site.netloc}"]

if _site.scheme not in ("http", "https") or not _site.hostname:
    raise ImproperlyConfigured(f"BREAKWATER_URL must be an address such as https://mod.example, not {BREAKWATER_URL!r}.")
if PUBLIC:
    if _site.scheme != "https":
        raise ImproperlyConfigured("BREAKWATER_URL is not on this machine, so it must begin with https://.")
    if "*" in ALLOWED_HOSTS:
        raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts Breakwater answers to; '*' is not safe in production.")
    if len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 10:
        raise ImproperlyConfigured("SECRET_KEY is too easy to guess. Use at least 50 random characters, or leave it unset to have one made.")

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC
SECURE_HSTS_SECONDS = 31_536_000 if PUBLIC else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PUBLIC else None
# Not "no-referrer": browsers then send "Origin: null" with our own forms, and the CSRF check must refuse that.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "moderation.web.errors.csrf_failure"
SESSION_COOKIE_NAME = "breakwater"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# Embedded remote content must never load in a moderator's browser.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "moderation",
]

MIDDLEWARE = [
    "moderation.web.webhook.WebhookMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "moderation.web.middleware.PersonMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "DIRS": [BASE_DIR / "moderation" / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "moderation.web.context.site",
            ]
        },
    }
]

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'breakwater.sqlite3'}")}
if not DATABASES["default"].get("ENGINE"):
    raise ImproperlyConfigured("DATABASE_URL must be an address such as postgres://user:password@host/breakwater; leave it unset for SQLite.")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SQLITE = DATABASES["default"]["ENGINE"].endswith("sqlite3")
if SQLITE:
    # WAL lets readers pass writers; IMMEDIATE takes the write lock at once, so that no transaction fails half-way.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 30,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32000;",
    }
    # Closing the last connection writes the whole WAL back: measured 16 ms a request.
    DATABASES["default"]["CONN_MAX_AGE"] = None
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="filesystem://")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
if CELERY_BROKER_URL.startswith("filesystem"):
    _broker_dir = DATA_DIR / "broker"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_broker_dir / "messages"),
        "data_folder_out": str(_broker_dir / "messages"),
        "control_folder": str(_broker_dir / "control"),
        "store_processed": False,
        "polling_interval": 0.05,
    }
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 900
CELERY_TIMEZONE = "UTC"

if CELERY_BROKER_URL.startswith(("redis://", "rediss://")):
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": CELERY_BROKER_URL, "KEY_PREFIX": "breakwater"}}
elif SQLITE:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": str(DATA_DIR / "cache")}}
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "breakwater_cache"}}

AUTH_USER_MODEL = "moderation.Person"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", "allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_ADAPTER = "moderation.web.accounts.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "moderation.web.accounts.SocialAccountAdapter"
# Behind a reverse proxy all requests come from its address: without this, one person's wrong passwords lock out everybody.
TRUSTED_PROXIES = _number("TRUSTED_PROXIES", default=1 if PUBLIC else 0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PUBLIC
MFA_TOTP_ISSUER = "Breakwater"
# One OIDC provider: OIDC_SERVER_URL, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_NAME.
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": []}}
if env.str("OIDC_SERVER_URL", default=""):
    SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"].append(
        {
            "provider_id": "oidc",
            "name": env.str("OIDC_NAME", default="Single sign-on"),
            "client_id": env.str("OIDC_CLIENT_ID"),
            "secret": env.str("OIDC_CLIENT_SECRET"),
            "settings": {"server_url": env.str("OIDC_SERVER_URL")},
        }
    )
    # The form that begins the sign-in is answered with a redirect there; browsers hold redirects to form-action too.
    _oidc = urlsplit(env.str("OIDC_SERVER_URL"))
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"].append(f"{_oidc.scheme}://{_oidc.netloc}")

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish"))]
LOCALE_PATHS = [BASE_DIR / "moderation" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(DATA_DIR / "media")}},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
# Bodies over 5 MB are refused by the webhook itself, with 413; Django's own limit sits just above.
WEBHOOK_MAX_BYTES = 5_000_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 6_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

try:
    EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
except (ImproperlyConfigured, ValueError) as error:
    raise ImproperlyConfigured("EMAIL_URL must be an address such as smtp+tls://user:password@host:587.") from error
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"breakwater@{_site.hostname}")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["moderation.web.api.authentication.TokenAuthentication", "rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["moderation.web.api.authentication.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["moderation.web.api.parsing.SafeJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["moderation.web.api.throttling.TokenThrottle"],
    "DEFAULT_THROTTLE_RATES": {"token": env.str("API_RATE", default="600/min")},
    "EXCEPTION_HANDLER": "moderation.web.api.problems.problem_response",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Breakwater",
    "DESCRIPTION": "Posts, reports and sign-ups in; cases, decisions and clusters out.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {"CaseKind": "moderation.models.Case.Kind", "ClusterKind": "moderation.models.Cluster.Kind"},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING")},
    "loggers": {
        "moderation": {"level": env.str("LOG_LEVEL", default="INFO")},
        "django.security.DisallowedHost": {"level": "ERROR"},
        "django.request": {"level": "ERROR"},  # a 403 or 404 is an answer, not an incident
        "kombu.connection": {"level": "ERROR"},
    },
}

# Prometheus reads /metrics with this bearer token; without one it is served on this machine only.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# Days a thing is kept. Personal data can be kept shorter per instance.
KEEP_FAILED_BODIES_DAYS = _number("KEEP_FAILED_BODIES_DAYS", default=7)
KEEP_PERSONAL_DAYS = _number("KEEP_PERSONAL_DAYS", default=30)
KEEP_INDEX_DAYS = _number("KEEP_INDEX_DAYS", default=30)
# Seconds a pump may work on a batch before another worker may take it over.
LEASE_SECONDS = _number("LEASE_SECONDS", default=60)

# Near-duplicates become a wave, and a case, when so many posts by so many accounts fall into so many hours. They count when they
# are at least so similar to the first, and when there is enough text: greetings and app templates are shorter or vary more.
WAVE_POSTS = _number("WAVE_POSTS", default=3)
WAVE_ACCOUNTS = _number("WAVE_ACCOUNTS", default=3)
WAVE_HOURS = _decimal("WAVE_HOURS", default=72)
WAVE_SIMILARITY = _decimal("WAVE_SIMILARITY", default=0.75)
WAVE_CHARACTERS = _number("WAVE_CHARACTERS", default=20)
# A long text is nobody's stock phrase: so many accounts within so many days are enough.
WAVE_LONG_CHARACTERS = _number("WAVE_LONG_CHARACTERS", default=80)
WAVE_LONG_DAYS = _decimal("WAVE_LONG_DAYS", default=30)
# A phrase that has been in use for two weeks is a wave when it comes so many times as often as before.
WAVE_SURGE = _decimal("WAVE_SURGE", default=3)
# One account floods when it posts so many in so many hours; and when in one day it addresses so many different people with one
# text, or posts a long one WAVE_POSTS times without changing a number in it, as stations and trackers do.
WAVE_FLOOD_POSTS = _number("WAVE_FLOOD_POSTS", default=5)
WAVE_FLOOD_HOURS = _decimal("WAVE_FLOOD_HOURS", default=1)
WAVE_FLOOD_PEOPLE = _number("WAVE_FLOOD_PEOPLE", default=3)

# Coordinated accounts: how many days, and at most how many of their acts, are looked at every ten minutes, and the share of false
# groups among those that become cases.
COORDINATION_DAYS = _number("COORDINATION_DAYS", default=14)
COORDINATION_ACTS = _number("COORDINATION_ACTS", default=500_000)
COORDINATION_Q = _decimal("COORDINATION_Q", default=0.05)

# Slop: the share of fine posts that may be called likely slop, and after how many days a decision is taken as settled
# and learned from.
SLOP_FALSE_ALARMS = _decimal("SLOP_FALSE_ALARMS", default=0.01)
SLOP_SETTLED_DAYS = _number("SLOP_SETTLED_DAYS", default=7)
