from .commands import run
from .elsewhere import ourselves, receiver
from .exported import bundle, log, tell, tell_more
from .sealed import kept

__all__ = ["bundle", "kept", "log", "ourselves", "receiver", "run", "tell", "tell_more"]
