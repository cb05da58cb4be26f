from django.apps import AppConfig


class WorkConfig(AppConfig):
    name = "mainstay.domains.work"
    label = "work"

    def ready(self) -> None:
        from mainstay.domains.work import registers  # noqa: PLC0415, F401 # models are loaded only now
