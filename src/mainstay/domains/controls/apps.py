from django.apps import AppConfig


class ControlsConfig(AppConfig):
    name = "mainstay.domains.controls"
    label = "controls"

    def ready(self) -> None:
        from mainstay.domains.controls import registers  # noqa: PLC0415, F401 # models are loaded only now
