"""The chat page, and the server that it stands on."""
