from django.apps import AppConfig
from django.core.checks import register


class RegistersConfig(AppConfig):
    name = "mainstay.registers"
    label = "registers"

    def ready(self) -> None:
        from mainstay.registers.checks import check_registers  # noqa: PLC0415 # models are loaded only now

        register(check_registers, "models")
