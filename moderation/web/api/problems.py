"""Every error as an RFC 9457 problem: type, title, status, detail, and errors by field."""

from http import HTTPStatus

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import exception_handler

from moderation.fediverse.base import Malformed


class ProblemRenderer(JSONRenderer):
    media_type = "application/problem+json"


class Conflict(exceptions.APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class Unprocessable(exceptions.APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "unprocessable"


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"

    def __init__(self):
        super().__init__(_("The body is too large. Send fewer items at a time."))


def problem_response(error, context):
    """The Response for an exception that DRF or a verb below raised; None for one nobody foresaw."""
    if isinstance(error, Malformed):
        error = exceptions.ValidationError(str(error))
    response = exception_handler(error, context)
    if response is None:
        return None
    response.data = problem(response.status_code, error)
    response.content_type = ProblemRenderer.media_type
    return response


def problem(code, error):
    body = {"type": "about:blank", "title": HTTPStatus(code).phrase, "status": code}
    if isinstance(error, exceptions.ValidationError):
        body["detail"] = _("Some of what was sent is not right.")
        body["errors"] = list(_flat(error.get_full_details(), ""))
    elif isinstance(error, Http404):
        body["detail"] = _("There is nothing here, or nothing that this token may see.")
    elif isinstance(error, PermissionDenied):
        body["detail"] = _("This is not allowed.")
    elif isinstance(error, exceptions.APIException):
        body["detail"] = str(error.detail)
    return body


def _flat(details, pointer):
    """{"pointer", "detail", "code"} of each message, however deep it stands; pointers as RFC 6901."""
    if isinstance(details, dict) and set(details) == {"message", "code"} and isinstance(details["code"], str):
        yield {"pointer": f"#{pointer}", "detail": str(details["message"]), "code": details["code"]}
    elif isinstance(details, dict):
        for name, below in details.items():
            yield from _flat(below, pointer if name == "non_field_errors" else f"{pointer}/{name}")
    elif isinstance(details, list):
        messages = all(isinstance(below, dict) and set(below) == {"message", "code"} for below in details)
        for index, below in enumerate(details):
            yield from _flat(below, pointer if messages else f"{pointer}/{index}")


def not_found(request):
    """The answer for a path under /api/ that is no view."""
    response = Response(problem(404, Http404()), status=404, content_type=ProblemRenderer.media_type)
    response.accepted_renderer, response.accepted_media_type, response.renderer_context = ProblemRenderer(), ProblemRenderer.media_type, {}
    return response.render()
