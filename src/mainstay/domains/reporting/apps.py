from django.apps import AppConfig


class ReportingConfig(AppConfig):
    name = "mainstay.domains.reporting"
    label = "reporting"

    def ready(self) -> None:
        from mainstay.domains.reporting import duties, measured, panels, red  # noqa: PLC0415 # models are loaded only now

        duties.subscribe()
        red.subscribe()
        panels.subscribe()
        measured.subscribe()
