from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    name = "mainstay.domains.monitoring"
    label = "monitoring"

    def ready(self) -> None:
        from mainstay.domains.monitoring import daily, registers  # noqa: PLC0415, F401 # models are loaded only now
