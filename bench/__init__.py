"""Speed and size of a served installation, measured from outside: by HTTP, and from what the kernel counts of its processes."""
