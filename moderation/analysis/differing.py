"""How a member of a wave differs from its representative, for the page that shows them side by side."""

from classifiers.differences import Piece, Sign, differences

__all__ = ["LONGEST", "Piece", "Sign", "pieces"]

# Aligning two longer texts takes more of a moderator's time than reading them.
LONGEST = 1500


def pieces(representative, member):
    """[Piece] that lead from `representative` to `member`; None where they are too long to be told apart quickly."""
    if max(len(representative), len(member)) > LONGEST:
        return None
    return differences(representative, member)
