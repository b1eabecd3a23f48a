"""Measuring Quoth: question cases, metrics, benches."""
