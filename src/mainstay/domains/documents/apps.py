from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "mainstay.domains.documents"
    label = "documents"

    def ready(self) -> None:
        from mainstay.domains.documents import registers  # noqa: PLC0415, F401 # models are loaded only now
