"""Ratios against other libraries, both sides measured in one run."""
