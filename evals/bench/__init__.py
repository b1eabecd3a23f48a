"""Measurements of the whole system: retrieval, abstention, own cases, speed."""
