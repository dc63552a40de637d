"""Shop simulators: numba on CPU and torch on accelerators, with the same schedules for the same choices.

Importing a module compiles nothing: numba and torch are imported by the first call that needs them.
"""
