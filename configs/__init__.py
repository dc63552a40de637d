"""Hydra groups; a package so that pkg://sectorbench.configs can be searched."""
