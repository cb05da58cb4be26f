from django.apps import AppConfig


class ContextConfig(AppConfig):
    name = "mainstay.domains.context"
    label = "context"

    def ready(self) -> None:
        from mainstay.domains.context import registers  # noqa: PLC0415, F401 # models are loaded only now
