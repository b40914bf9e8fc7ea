"""A POST with an Idempotency-Key happens once: the same request again gets the same answer for a day."""

import hashlib
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.response import Response

from moderation.models import IdempotentAnswer

from .problems import Conflict, Unprocessable

KEEP = timedelta(hours=24)
# A request that never finished (its process died) does not block its key for longer than this.
ABANDONED = timedelta(minutes=2)


class Idempotent:
    """Mixin for a view whose POST takes an Idempotency-Key header."""

    def dispatch_once(self, request, act):
        """`act()`'s Response, or the stored one. Conflict while the first is at work, Unprocessable for another body under the same key."""
        key = request.headers.get("Idempotency-Key", "")
        if not key or request.auth is None:
            return act()
        if len(key) > 255 or not key.isascii() or not key.isprintable():
            raise ParseError(_("An Idempotency-Key is at most 255 printable ASCII characters."))
        answer = self._begin(request, key)
        if answer.status is not None:
            return Response(answer.body, status=answer.status, headers={"Idempotency-Replayed": "true"})
        try:
            response = act()
        except BaseException:
            answer.delete()  # nothing was done: the key is free for a corrected request
            raise
        answer.status, answer.body = response.status_code, response.data
        answer.save(update_fields=["status", "body"])
        return response

    def _begin(self, request, key):
        raw = f"{request.method} {request.path}\n".encode() + request._request.body
        digest = hashlib.sha256(raw).hexdigest()
        now = timezone.now()
        same = IdempotentAnswer.objects.filter(token=request.auth, key=key)
        same.filter(created_at__lt=now - KEEP).delete()
        same.filter(status=None, created_at__lt=now - ABANDONED).delete()
        try:
            with transaction.atomic():
                return IdempotentAnswer.objects.create(token=request.auth, key=key, request_hash=digest)
        except IntegrityError:
            known = same.first()
        if known is None or (known.status is None and known.request_hash == digest):
            raise Conflict(_("The first request with this Idempotency-Key is still at work. Try again in a moment."))
        if known.request_hash != digest:
            raise Unprocessable(_("This Idempotency-Key was used for another request. Take a new one."))
        return known
