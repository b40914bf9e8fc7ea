"""What a decision can run into; each message is a sentence for the person who tried."""


class NotAllowed(Exception):
    """This action cannot be taken on this case."""


class NotUndoable(Exception):
    """This decision cannot be taken back."""
