from django.apps import AppConfig


class AssetsConfig(AppConfig):
    name = "mainstay.domains.assets"
    label = "assets"

    def ready(self) -> None:
        from mainstay.domains.assets import registers  # noqa: PLC0415, F401 # models are loaded only now
