from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ModerationConfig(AppConfig):
    name = "moderation"
    verbose_name = "Breakwater"

    def ready(self):
        from .models.defaults import fill_defaults

        post_migrate.connect(fill_defaults, sender=self)
