"""Where instances send what happens on them."""

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from moderation import tasks
from moderation.intake import deliveries
from moderation.intake.signature import verify
from moderation.models.secrets import Unreadable

PREFIX = "/webhooks/mastodon/"


class TooLarge(Exception):
    """The body is longer than WEBHOOK_MAX_BYTES."""


class BrokenOff(Exception):
    """The body did not come to its end."""


def declared_length(request):
    """What Content-Length says; 0 where it says nothing sensible. Nothing is believed but that it is too long."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def read_body(request):
    """The raw body, never reading more than one byte over the limit; TooLarge beyond it."""
    limit = settings.WEBHOOK_MAX_BYTES
    if request.META.get("HTTP_TRANSFER_ENCODING"):
        # Without a Content-Length Django reads nothing; the server below knows where a chunked body ends.
        stream = request.META["wsgi.input"]
    elif declared_length(request) > limit:
        raise TooLarge
    else:
        stream = request
    try:
        body = stream.read(limit + 1)
    except Exception as error:  # every server has its own word for a connection or a chunk that broke
        raise BrokenOff from error
    if len(body) > limit:
        raise TooLarge
    return body


@csrf_exempt
@require_POST
def receive(request, slug):
    """Verify, store, answer 202. Mastodon retries 401 and 503 for two days and drops every other refusal for ever."""
    try:
        try:
            body = read_body(request)
        except TooLarge:
            deliveries.count_too_large(deliveries.door(slug))
            return HttpResponse(status=413)
        signature = request.META.get("HTTP_X_HUB_SIGNATURE", "")
        door = deliveries.door(slug)
        if not verify(body, signature, door.secrets):
            door = deliveries.door(slug, fresh=True)
            if not verify(body, signature, door.secrets):
                deliveries.count_bad_signature(door)
                return HttpResponse(status=401)
        new = deliveries.accept(instance=door.pk, body=body)
    except (DatabaseError, InterfaceError, Unreadable, BrokenOff):
        return HttpResponse(status=503)
    if new:
        tasks.ring(tasks.ingest_deliveries)
    return HttpResponse(status=202)


class WebhookMiddleware:
    """The first of all: a delivery goes straight to its view.

    It needs no session, language or policy header, and must not be refused for its Host: a 400 is dropped for ever.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path_info.startswith(PREFIX):
            # With or without the slash at the end: a redirect would lose the delivery.
            slug = request.path_info.removeprefix(PREFIX).removesuffix("/")
            return receive(request, slug)
        return self.get_response(request)


urlpatterns = [path(f"{PREFIX[1:]}<str:slug>/", receive, name="webhook")]
