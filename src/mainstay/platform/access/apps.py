from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "mainstay.platform.access"
    label = "access"
