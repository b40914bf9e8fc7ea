"""Pictures of a table as SVG text: no script, no style attribute, colours from the page's classes, every value also in words.

They are narrow (360 units) so that their text stays readable on a telephone; the page makes them larger where there is room.
"""

from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from .shapes import plain
from .words import number, share

WIDTH, LINE, TOP = 360, 40, 8
BAR_FROM, BAR_LENGTH = 2, 290


def chart(table):
    """The picture a table asks for, as safe SVG text; empty when it asks for none or has nothing to show."""
    if not table.rows or table.chart not in _PICTURES:
        return ""
    return _PICTURES[table.chart](table)


def bars(table):
    """A bar for each row's first value; a hollow one under it for its second, where that is the week before."""
    compared = len(table.columns) > 1 and table.columns[1].key == "before"
    marks = [(row.values[0], row.values[1] if compared else None) for row in table.rows]
    longest = max([1, *(value or 0 for pair in marks for value in pair)])
    parts, said = [], []
    for position, (row, (now, before)) in enumerate(zip(table.rows, marks, strict=True)):
        y = TOP + position * LINE
        length = BAR_LENGTH * (now or 0) / longest
        parts.append(_text(BAR_FROM, y + 12, row.label))
        parts.append(f'<rect class="chart__bar" x="{BAR_FROM}" y="{y + 18}" width="{length:.1f}" height="9"/>')
        parts.append(f'<text class="chart__value" x="{BAR_FROM + length + 6:.1f}" y="{y + 27}">{escape(number(now or 0))}</text>')
        if before:
            parts.append(f'<rect class="chart__before" x="{BAR_FROM + 0.5}" y="{y + 29}" width="{BAR_LENGTH * before / longest:.1f}" height="4"/>')
        said.append(f"{row.label}: {number(now or 0)}" + (_(" (week before: %(n)s)") % {"n": number(before)} if before is not None else ""))
    return _svg(table, parts, said)


def intervals(table):
    """A dot at each row's share and a line over its interval, on a scale from 0 to 100 %."""
    parts, said = [], []
    for position, row in enumerate(table.rows):
        middle, low, high = row.values[:3]
        y = TOP + position * LINE
        parts.append(_text(BAR_FROM, y + 12, row.label))
        parts.append(f'<line class="chart__axis" x1="{BAR_FROM}" x2="{BAR_FROM + BAR_LENGTH}" y1="{y + 24}" y2="{y + 24}"/>')
        if middle is None:
            parts.append(f'<text class="chart__value" x="{BAR_FROM + BAR_LENGTH + 6}" y="{y + 28}">–</text>')
            said.append(f"{row.label}: –")
            continue
        at = [BAR_FROM + BAR_LENGTH * value for value in (low, middle, high)]
        parts.append(f'<line class="chart__interval" x1="{at[0]:.1f}" x2="{at[2]:.1f}" y1="{y + 24}" y2="{y + 24}"/>')
        parts.append(f'<circle class="chart__dot" cx="{at[1]:.1f}" cy="{y + 24}" r="4.5"/>')
        parts.append(f'<text class="chart__value" x="{BAR_FROM + BAR_LENGTH + 6}" y="{y + 28}">{escape(share(middle))}</text>')
        said.append(_("%(row)s: %(share)s, between %(low)s and %(high)s") % {"row": row.label, "share": share(middle), "low": share(low), "high": share(high)})
    return _svg(table, parts, said)


def _text(x, y, label):
    return f'<text class="chart__label" x="{x}" y="{y}">{escape(plain(label, 46))}</text>'


def _svg(table, parts, said):
    height = TOP + LINE * len(table.rows)
    return format_html(
        '<svg role="img" aria-labelledby="chart-{key} chart-{key}-said" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        '<title id="chart-{key}">{title}</title><desc id="chart-{key}-said">{said}</desc>{parts}</svg>',
        key=table.key,
        title=table.title,
        said="; ".join(said),
        width=WIDTH,
        height=height,
        parts=mark_safe("".join(parts)),  # noqa: S308 every label in it is escaped
    )


_PICTURES = {"bars": bars, "intervals": intervals}
