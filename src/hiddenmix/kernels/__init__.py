"""The compiled E-step of linear families and its NumPy twin. Complete and tested, but not yet called by `Mixture`."""
