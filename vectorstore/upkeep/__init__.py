"""A library verified, mended, saved as one file and put back."""
