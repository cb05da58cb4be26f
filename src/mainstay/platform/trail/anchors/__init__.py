"""Anchors: checkpoints where whoever rules this machine and its keys cannot change them, and being that place for others.

Each module is one way to bring a checkpoint somewhere, which raises `delivery.Undelivered` or OSError when it did not arrive; but
`sending` rules them all, `posting` carries what goes by HTTP, and `witnessing` is the other side.
"""
