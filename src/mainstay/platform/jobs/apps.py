from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "mainstay.platform.jobs"
    label = "jobs"

    def ready(self) -> None:
        from mainstay.platform.jobs import rebuilding, upkeep  # noqa: PLC0415, F401 # models are loaded only now
