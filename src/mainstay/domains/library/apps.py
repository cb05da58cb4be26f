from django.apps import AppConfig


class LibraryConfig(AppConfig):
    name = "mainstay.domains.library"
    label = "library"

    def ready(self) -> None:
        from mainstay.domains.library import registers  # noqa: PLC0415, F401 # models are loaded only now
