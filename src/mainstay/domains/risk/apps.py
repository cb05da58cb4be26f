from django.apps import AppConfig


class RiskConfig(AppConfig):
    name = "mainstay.domains.risk"
    label = "risk"

    def ready(self) -> None:
        from mainstay.domains.risk import registers  # noqa: PLC0415, F401 # models are loaded only now
