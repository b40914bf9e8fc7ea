"""The sections of the letter, in the order they are read: what happened, what people did, what the machine got wrong."""

from django.utils.translation import gettext as _

from . import sections_done, sections_in
from .shapes import Section


def all_of(figures, corrections, so_far):
    """Every section that has something to say about these figures."""
    before = figures["before"]
    yield sections_in.reports(figures["reports"], before and before["reports"])
    yield sections_in.waiting(figures["waiting"], so_far)
    if not so_far:
        yield sections_in.times(figures["first_look"], figures["decision"])
    yield sections_done.decisions(figures["decisions"], before and before["decisions"], figures["undone"], so_far)
    yield sections_done.appeals(figures["appeals"], before and before["appeals"])
    yield sections_in.waves(figures["waves"], before and before["waves"])
    yield sections_in.sign_ups(figures["sign_ups"], before and before["sign_ups"])
    yield sections_done.detectors(figures["detectors"])
    yield sections_in.reporter_domains(figures["reporter_domains"])
    yield sections_done.link_domains(figures["link_domains"])
    yield sections_done.writebacks(figures["writebacks"])
    if not so_far:
        yield sections_done.corrections(corrections)
    yield _how_counted()


def _how_counted():
    return Section(
        "how",
        _("How this is counted"),
        (
            _("A week goes from Monday 00:00 to the next Monday 00:00, in UTC."),
            _("Everything is counted in the week it happened, by the clock of this installation."),
            _("Account removed: suspended, or a sign-up rejected. Strike: a warning. Other action: marked sensitive, limited or frozen."),
            _("Content removed: the reported posts are gone and the account stays. A note is no action."),
            _("In observe mode nothing is sent to an instance: decisions are counted as they were made."),
            _("No figure here is one moderator's. Where few people worked, figures are told together or not at all."),
        ),
    )
