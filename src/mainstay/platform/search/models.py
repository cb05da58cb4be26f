"""No models. Django announces migrations only to apps that have this module, and the index is installed after them."""
