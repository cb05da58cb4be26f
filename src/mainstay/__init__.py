"""Mainstay: an information security management system that runs itself and proves itself."""

__version__ = "0.1.0"
