"""Everything that people read is there in Spanish, and says the same with the same blanks in it."""

import ast
import gettext
import re
from pathlib import Path

import pytest
from django.utils.translation.template import templatize

import moderation
from moderation.models import Queue
from tests.factories import make_person

ROOT = Path(moderation.__file__).parent
FOLDER = ROOT / "locale" / "es" / "LC_MESSAGES"
HOW = "From the folder moderation run ../manage.py makemessages -l es --no-location --no-wrap, translate, and run ../manage.py compilemessages."
CALLS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
STRING = r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*\""""
IN_TEMPLATE = re.compile(rf"(?<!\w)(p|n|)(?:gettext|_)\(\s*u?({STRING})(?:\s*,\s*u?({STRING}))?")
BLANK = re.compile(r"%\(\w+\)[a-z]|%[a-z%]|<[^>]+>")


def entries(text):
    """The entries of a .po file as dicts: msgid, msgid_plural, msgstr or msgstr[0] and so on, msgctxt, and fuzzy."""
    for block in re.split(r"\n\s*\n", text):
        entry, field = {"fuzzy": False}, None
        for line in block.splitlines():
            if line.startswith("#"):
                entry["fuzzy"] |= line.startswith("#,") and "fuzzy" in line
                continue
            if not line.startswith('"'):
                field, line = line.split(" ", 1)
                entry[field] = ""
            entry[field] += ast.literal_eval(line)
        if entry.get("msgid"):
            yield entry


def in_python(source):
    """(context, msgid) of every string that Python code hands to gettext, also inside f-strings, which makemessages cannot read."""
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and (name := getattr(call.func, "id", getattr(call.func, "attr", ""))) in CALLS:
            words = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            if words:
                yield (words[0], words[1]) if name.startswith("pgettext") else (None, words[0])


def in_template(source):
    """(context, msgid) of every string that a template translates, as Django's own makemessages reads it."""
    for kind, first, second in IN_TEMPLATE.findall(templatize(source)):
        yield (ast.literal_eval(first), ast.literal_eval(second)) if kind == "p" else (None, ast.literal_eval(first))


@pytest.fixture(scope="module")
def catalogue():
    return list(entries((FOLDER / "django.po").read_text(encoding="utf-8")))


def forms(entry):
    return [words for field, words in entry.items() if field.startswith("msgstr")]


def test_every_string_of_the_sources_is_in_the_spanish_catalogue(catalogue):
    known = {(entry.get("msgctxt"), entry["msgid"]) for entry in catalogue}
    missing = []
    for ending, read in (("py", in_python), ("html", in_template), ("txt", in_template)):
        for path in sorted(ROOT.rglob(f"*.{ending}")):
            found = read(path.read_text(encoding="utf-8"))
            missing += [f"{path.relative_to(ROOT)}: {msgid}" for context, msgid in found if msgid and (context, msgid) not in known]
    assert not missing, HOW


def test_the_scan_finds_strings_of_every_kind():
    template = """{% load i18n %}{% translate "One" %}{% translate 'Two' context "shop" %}{{ value|default:_("Three") }}
    {% blocktranslate trimmed count n=things with who=person %}
      {{ who }} has {{ n }} thing{% plural %}{{ who }} has {{ n }} things
    {% endblocktranslate %}{% translate variable %}"""
    assert list(in_template(template)) == [(None, "One"), ("shop", "Two"), (None, "Three"), (None, "%(who)s has %(n)s thing")]
    python = "_('One' ' and more'); pgettext_lazy('shop', 'Two'); translation.ngettext('%d thing', '%d things', n); _(name)"
    assert sorted(in_python(python), key=str) == sorted([(None, "One and more"), ("shop", "Two"), (None, "%d thing")], key=str)


def test_every_entry_is_translated_and_none_is_a_guess(catalogue):
    assert [entry["msgid"] for entry in catalogue if entry["fuzzy"] or not all(forms(entry))] == [], HOW


def test_translations_have_the_blanks_and_tags_of_the_original(catalogue):
    wrong = []
    for entry in catalogue:
        allowed = [sorted(BLANK.findall(entry[field])) for field in ("msgid", "msgid_plural") if field in entry]
        wrong += [(entry["msgid"], words) for words in forms(entry) if sorted(BLANK.findall(words)) not in allowed]
        # Blanks without names are filled by position.
        wrong += [(entry["msgid"], words) for words in forms(entry) if re.findall(r"%[a-z]", words) != re.findall(r"%[a-z]", entry["msgid"])]
    assert not wrong


def test_translations_begin_and_end_like_the_original(catalogue):
    def edges(words):
        return words[:1].isspace(), words[-1:].isspace(), words.endswith("."), words.endswith("?"), words.endswith(":")

    assert [(entry["msgid"], forms(entry)[0]) for entry in catalogue if edges(entry["msgid"]) != edges(forms(entry)[0])] == []


def test_the_compiled_catalogue_is_that_of_the_text(catalogue):
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    differ = []
    for entry in catalogue:
        if "msgid_plural" in entry:
            said = [compiled.ngettext(entry["msgid"], entry["msgid_plural"], amount) for amount in (1, 2)]
        elif "msgctxt" in entry:
            said = [compiled.pgettext(entry["msgctxt"], entry["msgid"])]
        else:
            said = [compiled.gettext(entry["msgid"])]
        if said != forms(entry):
            differ.append(entry["msgid"])
    assert not differ, HOW


@pytest.mark.django_db
def test_home_speaks_spanish_to_who_chose_it_or_whose_browser_asks(client):
    client.force_login(make_person(language="es"))
    chosen = client.get("/").content.decode()
    client.force_login(make_person())
    asked = client.get("/", headers={"accept-language": "es-MX,es;q=0.9,en;q=0.5"}).content.decode()
    for page in (chosen, asked):
        assert '<html lang="es">' in page
        assert "<h1>Ahora mismo no espera nada</h1>" in page
        assert "Denuncias" in page and "Cuentas que alguien ha denunciado." in page


@pytest.mark.django_db
def test_a_name_that_people_gave_a_queue_is_shown_as_they_wrote_it(client):
    Queue.objects.filter(slug="waves").update(name="Ola <grande> 100 %")
    client.force_login(make_person(language="es"))
    assert "Ola &lt;grande&gt; 100 %" in client.get("/").content.decode()
