from django.apps import AppConfig


class AwarenessConfig(AppConfig):
    name = "mainstay.domains.awareness"
    label = "awareness"

    def ready(self) -> None:
        from mainstay.domains.awareness import registers  # noqa: PLC0415, F401 # models are loaded only now
