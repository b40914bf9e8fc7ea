"""What waits goes into cases: reports, sign-ups, waves and groups, and posts the machine thinks are slop.

Nothing is leased: workers take turns. Where anything else opened a case meanwhile, the partial unique constraints refuse a
second one.
"""

from django.db import transaction

from moderation.models import Case

from . import closing, waiting
from .conditions import CONDITIONS, Facts, InvalidConditions, matches, validate
from .opening import RELATED, open_again, place
from .placing import Placing, priority
from .preview import preview

__all__ = ["CONDITIONS", "Facts", "InvalidConditions", "matches", "open_again", "preview", "priority", "route_second_look", "route_waiting", "validate"]


def route_waiting(limit=200):
    """Put up to `limit` of each kind of waiting thing into cases; how many were. Also closes what needs no decision any more."""
    placing = Placing()
    routed = sum(route(limit, placing) for route in (waiting.clusters, waiting.reports, waiting.sign_ups, waiting.posts))
    closing.close_settled_elsewhere()
    closing.close_dissolved()
    return routed


@transaction.atomic
def route_second_look(case, by):
    """Open a decided `case` again for a second look, where the rules put those; the case that is open now."""
    case = open_again(case, by, "second_look")
    Case.objects.filter(pk=case.pk).update(second_look=True)
    case = Case.objects.select_for_update(of=("self",), no_key=True).select_related(*RELATED).get(pk=case.pk)
    case.is_new = False
    place([case], Placing(), {case.pk: ([{"kind": "second_look"}], {"second_look": True})}, by=by)
    return case
