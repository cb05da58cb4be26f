from django.apps import AppConfig


class UnitsConfig(AppConfig):
    name = "mainstay.platform.units"
    label = "units"
