"""The sample organisation: a hospital group with a living ISMS, told in data files and loaded through the domains' own paths."""

from mainstay.demo.loading import demo_user, load

__all__ = ["demo_user", "load"]
