from django.apps import AppConfig


class AdministrationConfig(AppConfig):
    name = "mainstay.domains.administration"
    label = "administration"

    def ready(self) -> None:
        from mainstay.domains.administration import anchoring, proving, registers  # noqa: PLC0415, F401 # models are loaded only now
