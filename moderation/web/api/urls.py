"""The API for forums and scripts."""

from django.urls import path, re_path
from drf_spectacular.views import SpectacularJSONAPIView

from . import reading, sending
from .problems import not_found

urlpatterns = [
    path("schema/", SpectacularJSONAPIView.as_view(authentication_classes=[], permission_classes=[], throttle_classes=[]), name="api_schema"),
    path("v1/posts/", sending.Posts.as_view(), name="api_posts"),
    re_path(r"^v1/posts/(?P<remote_id>[A-Za-z0-9._~:@-]{1,64})/$", sending.OnePost.as_view(), name="api_post"),
    path("v1/reports/", sending.Reports.as_view(), name="api_reports"),
    path("v1/sign-ups/", sending.SignUps.as_view(), name="api_sign_ups"),
    path("v1/cases/", reading.Cases.as_view(), name="api_cases"),
    path("v1/cases/<uuid:public_id>/", reading.OneCase.as_view(), name="api_case"),
    path("v1/decisions/", reading.Decisions.as_view(), name="api_decisions"),
    path("v1/decisions/<uuid:public_id>/", reading.OneDecision.as_view(), name="api_decision"),
    path("v1/decisions/<uuid:public_id>/appeals/", reading.Appeals.as_view(), name="api_appeals"),
    path("v1/clusters/", reading.Clusters.as_view(), name="api_clusters"),
    path("v1/clusters/<uuid:public_id>/", reading.OneCluster.as_view(), name="api_cluster"),
    re_path(r"^", not_found),
]
