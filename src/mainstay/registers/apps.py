from django.apps import AppConfig
from django.core.checks import register


class RegistersConfig(AppConfig):
    name = "mainstay.registers"
    label = "registers"

    def ready(self) -> None:
        from mainstay.registers.checks import check_registers  # noqa: PLC0415 # models are loaded only now
        from mainstay.registers.imports import job  # noqa: PLC0415, F401 # so that a worker knows the job

        register(check_registers, "models")
