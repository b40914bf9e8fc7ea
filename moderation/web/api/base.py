"""What all views of the API share."""

from django.core.exceptions import RequestDataTooBig
from django.http import Http404
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response
from rest_framework.views import APIView

from moderation.models import Instance

from .idempotency import Idempotent
from .problems import TooLarge

MOST_AT_ONCE = 100


class ApiView(Idempotent, APIView):
    """A view with `scopes`: {method: scope}."""

    scopes = {}

    def initial(self, request, *args, **kwargs):
        try:
            request._request.body  # noqa: B018 read now, within Django's limit on its size
        except RequestDataTooBig as error:
            raise TooLarge from error
        super().initial(request, *args, **kwargs)

    def check_throttles(self, request):
        self.throttles = self.get_throttles()
        self.get_throttles = lambda: self.throttles
        super().check_throttles(request)

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        for throttle in getattr(self, "throttles", []):
            if hasattr(throttle, "history"):
                for name, value in throttle.headers().items():
                    response[name] = value
        response["Cache-Control"] = "no-store"
        return response

    def visible(self, rows, instance="instance"):
        """`rows` of the token's instance; a signed-in reader sees all, or one by ?instance=."""
        if self.request.auth is not None:
            return rows.filter(**{instance: self.request.auth.instance})
        slug = self.request.query_params.get("instance", "")
        return rows.filter(**{instance: Instance.objects.filter(slug=slug[:40].replace("\0", "")).first()}) if slug else rows


class Pages(CursorPagination):
    """Oldest first, so that following `next` never misses a row."""

    ordering = "pk"
    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200

    def decode_cursor(self, request):
        cursor = super().decode_cursor(request)
        if cursor is not None and cursor.position is not None and not (cursor.position.isascii() and cursor.position.isdigit() and len(cursor.position) < 19):
            raise NotFound(self.invalid_cursor_message)
        return cursor


class ListView(ApiView):
    """GET of many, paged. Subclasses give `rows()` and `serializer_class`."""

    pagination_class = Pages

    def get(self, request):
        pages = Pages()
        page = pages.paginate_queryset(self.rows(), request, view=self)
        return pages.get_paginated_response(self.serializer_class(page, many=True).data)


class OneView(ApiView):
    """GET of one by its public id."""

    def get(self, request, public_id):
        row = self.rows().filter(public_id=public_id).first()
        if row is None:
            raise Http404
        return Response(self.serializer_class(row).data)
