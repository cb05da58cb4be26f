from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    name = "mainstay.domains.evidence"
    label = "evidence"

    def ready(self) -> None:
        from mainstay.domains.evidence import registers  # noqa: PLC0415, F401 # models are loaded only now
