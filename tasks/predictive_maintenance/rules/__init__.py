"""Rules for predictive maintenance that run in the worker without a trained model: data sheets and textbook formulas.

Nothing here imports more of our package than ``harness.errors``, ``harness.interfaces``, ``harness.randomness``,
``harness.adapters`` and this folder: nothing else is there in the worker.
"""
