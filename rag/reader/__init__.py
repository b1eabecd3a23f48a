"""A small cross-encoder of our own: it reads a question or a claim together with a passage."""
