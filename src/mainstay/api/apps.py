from django.apps import AppConfig

from mainstay.platform.records.events import Erased, listen


class ApiConfig(AppConfig):
    name = "mainstay.api"
    label = "api"

    def ready(self) -> None:
        listen(Erased, _forget_answers)


def _forget_answers(_event: Erased) -> None:
    """Kept answers may name whoever was erased; a request that is sent again is then carried out again."""
    from mainstay.api.models import IdempotencyKey  # noqa: PLC0415 # models are loaded only later

    IdempotencyKey.objects.all().delete()
