"""Adapters: each turns batches of input rows into batches of prediction rows for one kind of checkpoint."""
