from django.apps import AppConfig


class SuppliersConfig(AppConfig):
    name = "mainstay.domains.suppliers"
    label = "suppliers"

    def ready(self) -> None:
        from mainstay.domains.suppliers import registers  # noqa: PLC0415, F401 # models are loaded only now
