"""Distributions of the observed data, all components at once; one file per family, in one order."""
