"""SectorBench: how well a model does the work of an industry."""

__version__ = "0.1.0"

__all__ = ["__version__"]
