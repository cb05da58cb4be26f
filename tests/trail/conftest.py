from .elsewhere import ourselves, receiver
from .sealed import kept

__all__ = ["kept", "ourselves", "receiver"]
