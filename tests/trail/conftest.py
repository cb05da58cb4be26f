from .sealed import kept

__all__ = ["kept"]
