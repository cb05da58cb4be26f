from django.apps import AppConfig


class AssuranceConfig(AppConfig):
    name = "mainstay.domains.assurance"
    label = "assurance"

    def ready(self) -> None:
        from mainstay.domains.assurance import registers  # noqa: PLC0415 # models are loaded only now

        registers.subscribe()
