"""Abstracts in, ranked passages out."""
