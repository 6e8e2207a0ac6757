"""Compiled E-steps of linear families, each behind a function that has a NumPy twin."""
