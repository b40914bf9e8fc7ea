"""The yardstick for intake: a Django project whose only view inserts the body into a table."""

import os

import django
import environ
from django.conf import settings

settings.configure(
    DEBUG=False,
    SECRET_KEY="bare" * 20,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {**environ.Env.db_url_config(os.environ["DATABASE_URL"]), "CONN_MAX_AGE": 60}},
    USE_TZ=True,
)
django.setup()

from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def insert(request):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bare_bodies (body, received_at) VALUES (%s, now())", [request.body])
    return HttpResponse(status=202)


urlpatterns = [path("bare/", insert)]
application = get_wsgi_application()
