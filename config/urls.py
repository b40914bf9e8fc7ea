from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("", include("moderation.web.urls")),
]
handler400 = "moderation.web.errors.bad_request"
handler403 = "moderation.web.errors.forbidden"
handler404 = "moderation.web.errors.not_found"
handler500 = "moderation.web.errors.server_error"
