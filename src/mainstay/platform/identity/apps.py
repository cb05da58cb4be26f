from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "mainstay.platform.identity"
    label = "identity"
