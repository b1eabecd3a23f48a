"""Libraries on a Chroma server, which several people share."""
