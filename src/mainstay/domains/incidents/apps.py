from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "mainstay.domains.incidents"
    label = "incidents"

    def ready(self) -> None:
        from mainstay.domains.incidents import registers  # noqa: PLC0415, F401 # models are loaded only now
