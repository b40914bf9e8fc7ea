"""Categories: what each is called and how hard it is to look at."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from moderation.models import Category, Severity

from . import forms, policies
from .guards import EVERYBODY, owner_writes


class CategoryForm(forms.SettingsForm):
    name = forms.text(gettext_lazy("Name"), gettext_lazy("Enter a name."), max_length=80)
    severity = forms.choice(
        gettext_lazy("How hard it is to look at"),
        Severity.choices,
        gettext_lazy("Choose a severity from the list."),
        help_text=gettext_lazy("From “moderate” on, words stay concealed until somebody asks for them. A harder severity takes effect at once."),
    )

    def clean_severity(self):
        return int(self.cleaned_data["severity"])


@require_safe
@owner_writes(*EVERYBODY)
def category_settings(request):
    """All categories, the mildest first."""
    return render(request, "settings/categories.html", {"section": "settings", "categories": Category.objects.all()})


@require_http_methods(["GET", "HEAD", "POST"])
@owner_writes(*EVERYBODY)
def category(request, slug):
    """One category; an owner renames it or calls it harder."""
    found = get_object_or_404(Category, slug=slug)
    form = CategoryForm(forms.given(request), initial={"name": found.name, "severity": found.severity})
    if request.method == "POST" and form.is_valid():
        try:
            policies.change_category(category=found, by=request.user, **form.cleaned_data)
        except policies.WouldRaise as refusal:
            form.add_error("severity", str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("category_settings")
    return render(request, "settings/category.html", {"section": "settings", "category": found, "form": form}, status=422 if form.errors else 200)


urlpatterns = [
    path("settings/categories/", category_settings, name="category_settings"),
    path("settings/categories/<slug:slug>/", category, name="category"),
]
