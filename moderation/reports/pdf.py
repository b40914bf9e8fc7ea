"""The letter as PDF, with a font of our own so that every reader sees the same. The same report makes the same bytes."""

import io
from functools import cache
from pathlib import Path

from django.utils import translation
from django.utils.html import escape
from django.utils.translation import gettext as _
from reportlab.graphics.shapes import Circle, Drawing, Line, Rect, String
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import CondPageBreak, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from .letter import write
from .words import cell, number, share

FONTS = Path(__file__).parent / "fonts"
INK, SOFT, LINE, ACCENT = HexColor("#1d2321"), HexColor("#545c59"), HexColor("#dcd9d2"), HexColor("#0b6650")
WIDTH = A4[0] - 40 * mm - 12  # a page's frame keeps 6 points free on each side
CHART_WIDTH = 66 * mm
# A table taller than this stands below its picture, so that it can go on over the page.
BESIDE_AT_MOST = 150 * mm


@cache
def _fonts():
    """Register the fonts once a process; the set of characters they have."""
    for name in ("DejaVuSans", "DejaVuSans-Bold"):
        pdfmetrics.registerFont(TTFont(name, FONTS / f"{name}.ttf"))
    return frozenset(pdfmetrics.getFont("DejaVuSans").face.charToGlyph) & frozenset(pdfmetrics.getFont("DejaVuSans-Bold").face.charToGlyph)


class Writing:
    """Text made fit for the font; remembers whether anything had to be replaced."""

    def __init__(self):
        self.known, self.replaced = _fonts(), False

    def __call__(self, text):
        shown = "".join(character if ord(character) in self.known else "\N{REPLACEMENT CHARACTER}" for character in text)
        self.replaced = self.replaced or shown != text
        return shown


def _style(size, *, bold=False, color=INK, **more):
    font = "DejaVuSans-Bold" if bold else "DejaVuSans"
    return ParagraphStyle(f"{font}{size}", fontName=font, fontSize=size, leading=size * 1.4, textColor=color, **more)


def to_pdf(report):
    """The report as the bytes of an A4 PDF, in the active language. Characters the font lacks are shown as � and the last line says so."""
    fit, letter = Writing(), write(report)
    text = lambda words, style: Paragraph(escape(fit(words)), style)  # noqa: E731
    title, lead, heading = _style(18, bold=True, spaceAfter=4), _style(11, spaceAfter=8), _style(13, bold=True, spaceBefore=14, spaceAfter=4)
    body, small = _style(9.5, spaceAfter=4), _style(8, color=SOFT, spaceAfter=4)
    story = [text(letter.title, title), text(letter.dates, small)]
    if letter.so_far:
        story.append(text(_("So far: this week still runs, and these figures will change."), body))
    story += [text(letter.headline, lead), _at_the_top(letter, text)]
    if letter.compared:
        story += [Spacer(1, 3 * mm), text(_("In the charts, hollow bars show the week before."), small)]
    for section in letter.sections:
        story += [CondPageBreak(70 * mm), text(section.title, heading), *(text(sentence, body) for sentence in section.sentences)]
        for table in section.tables:
            story += [*_table(table, text, fit), Spacer(1, 4 * mm)]
    if fit.replaced:
        story.append(text(_("Characters that the font of this file does not have are shown as �. The page and the JSON file have them."), small))
    out = io.BytesIO()
    name = _("Breakwater: %(title)s") % {"title": letter.title}
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=20 * mm,
        rightMargin=20 * mm,
        topMargin=18 * mm,
        bottomMargin=18 * mm,
        title=name,
        author="Breakwater",
        lang=translation.get_language() or "en",
        invariant=1,
    )
    footer = lambda canvas, _document: _number_page(canvas, fit(name))  # noqa: E731
    document.build(story, onFirstPage=footer, onLaterPages=footer)
    return out.getvalue()


def _number_page(canvas, name):
    canvas.saveState()
    canvas.setFont("DejaVuSans", 8)
    canvas.setFillColor(SOFT)
    canvas.drawString(20 * mm, 10 * mm, name)
    canvas.drawRightString(A4[0] - 20 * mm, 10 * mm, str(canvas.getPageNumber()))
    canvas.restoreState()


def _at_the_top(letter, text):
    label, large, small = _style(8, color=SOFT), _style(16, bold=True), _style(8, color=SOFT)
    before = [_("week before: %(n)s") % {"n": number(figure.before)} if figure.before is not None else "" for figure in letter.figures]
    rows = [
        [text(figure.label, label) for figure in letter.figures],
        [text(number(figure.now), large) for figure in letter.figures],
        [text(words, small) for words in before],
    ]
    rules = [("BOX", (0, 0), (-1, -1), 0.5, LINE), ("INNERGRID", (0, 0), (-1, -1), 0, HexColor("#ffffff"))]
    return Table(rows, colWidths=[WIDTH / len(letter.figures)] * len(letter.figures), style=TableStyle(rules))


def _table(table, text, fit):
    """The flowables of a table: beside its picture where both fit on a page, else below it."""
    picture = _PICTURES[table.chart](table, fit) if table.chart else None
    title = text(table.title, _style(9.5, bold=True, spaceBefore=4, spaceAfter=2, keepWithNext=1))
    note = [text(table.note, _style(8, color=SOFT))] if table.note else []
    if picture and not table.wide:
        width = WIDTH - CHART_WIDTH - 4 * mm
        grid = _grid(table, text, width)
        if grid.wrap(width, 0)[1] <= BESIDE_AT_MOST:
            flush = TableStyle([("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 0), ("VALIGN", (0, 0), (-1, -1), "TOP")])
            written = Table([[part] for part in (title, grid, *note)], colWidths=[width], style=flush)
            return [Table([[picture, written]], colWidths=[CHART_WIDTH + 4 * mm, width], style=flush, hAlign="LEFT")]
    return [title, *([picture] if picture else []), _grid(table, text, WIDTH), *note]


def _grid(table, text, width):
    left, right = _style(8), _style(8, alignment=2)
    size = 6 if table.wide else 6.5
    head_left, head_right = _style(size, bold=True, color=SOFT), _style(size, bold=True, color=SOFT, alignment=2)
    rows = [[text(table.head, head_left), *(text(column.label, head_left if column.kind == "text" else head_right) for column in table.columns)]]
    for row in table.rows:
        values = zip(table.columns, row.values, strict=True)
        rows.append([text(row.label, left), *(text(cell(column, value), left if column.kind == "text" else right) for column, value in values)])
    first = max(width * (0.18 if table.wide else 0.27 if len(table.columns) > 3 else 0.4), 22 * mm)
    return Table(
        rows,
        colWidths=[first, *[(width - first) / len(table.columns)] * len(table.columns)],
        repeatRows=1,
        hAlign="LEFT",
        style=TableStyle(
            [
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 2),
                ("RIGHTPADDING", (0, 0), (-1, -1), 2),
                ("LEFTPADDING", (0, 0), (0, -1), 0),
            ]
        ),
    )


def _label(drawing, x, y, words, fit, color=INK):
    drawing.add(String(x, y, fit(words), fontName="DejaVuSans", fontSize=7, fillColor=color))


def _bars(table, fit):
    compared = len(table.columns) > 1 and table.columns[1].key == "before"
    values = [(row.values[0] or 0, row.values[1] if compared else None) for row in table.rows]
    longest = max([1, *(value or 0 for pair in values for value in pair)])
    drawing, room = Drawing(CHART_WIDTH, 24 * len(values) + 4), CHART_WIDTH - 40
    for position, (row, (now, before)) in enumerate(zip(table.rows, values, strict=True)):
        y = drawing.height - 24 * (position + 1)
        _label(drawing, 0, y + 15, row.label[:44], fit)
        drawing.add(Rect(0, y + 6, room * now / longest, 6, fillColor=ACCENT, strokeColor=None))
        _label(drawing, room * now / longest + 4, y + 6, number(now), fit, SOFT)
        if before:
            drawing.add(Rect(0, y + 2, room * before / longest, 3, fillColor=None, strokeColor=SOFT, strokeWidth=0.5))
    return drawing


def _intervals(table, fit):
    drawing, room = Drawing(CHART_WIDTH, 24 * len(table.rows) + 4), CHART_WIDTH - 40
    for position, row in enumerate(table.rows):
        middle, low, high = row.values[:3]
        y = drawing.height - 24 * (position + 1)
        _label(drawing, 0, y + 15, row.label[:44], fit)
        drawing.add(Line(0, y + 8, room, y + 8, strokeColor=LINE, strokeWidth=0.5))
        _label(drawing, room + 4, y + 6, cell(table.columns[0], middle) if middle is None else share(middle), fit, SOFT)
        if middle is not None:
            drawing.add(Line(room * low, y + 8, room * high, y + 8, strokeColor=ACCENT, strokeWidth=2))
            drawing.add(Circle(room * middle, y + 8, 3, fillColor=ACCENT, strokeColor=ACCENT))
    return drawing


_PICTURES = {"bars": _bars, "intervals": _intervals}
