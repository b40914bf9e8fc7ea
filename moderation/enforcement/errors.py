"""What a decision can run into; each message is a sentence for the person who tried."""

from moderation.models import StaleState


class FoundHarmless(StaleState):
    """Somebody marked the wave as harmless while the case was held."""


class NotAllowed(Exception):
    """This action cannot be taken on this case."""


class NotUndoable(Exception):
    """This decision cannot be taken back."""
