"""The words of a wave's member against those of its representative, as HTML made from escaped words alone."""

from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from moderation.analysis import differing

SIGNS = {
    "lookalikes": gettext_lazy("look-alike letters"),
    "styled": gettext_lazy("styled letters"),
    "marks": gettext_lazy("stacked marks"),
    "spaced": gettext_lazy("spaced-out letters"),
    "digits_for_letters": gettext_lazy("digits for letters"),
}


def differences_html(representative, member):
    """`member` with what was added, left out or disguised marked by element and word; None where that takes too long.

    Both are plain text.
    """
    if representative == member:
        return format_html('<p class="meta">{}</p>', _("The same, word for word."))
    found = differing.pieces(representative, member)
    if found is None:
        return None
    body = "".join(_html(piece) for piece in found).replace("\n", "<br>")
    tricks = dict.fromkeys(_sign(sign) for piece in found for sign in piece.signs)
    told = format_html('<p class="meta">{} {}</p>', _("Hidden in it:"), ", ".join(tricks)) if tricks else ""
    return mark_safe(f"<p>{body}</p>{told}")  # noqa: S308 — every word above is escaped


def _html(piece):
    text = escape(piece.text)
    if piece.kind == "same":
        return text
    if piece.kind == "removed":
        return f"<del>{text}</del>"
    if piece.kind == "disguised":
        return f"<del>{escape(piece.was)}</del><ins>{text}</ins>"
    return f"<ins>{text}</ins>"


def _sign(sign):
    if sign.kind == "invisible":
        return _("invisible characters (%s)") % sign.name
    return str(SIGNS.get(sign.kind, sign.kind))
