"""Prediction exchange: inputs go out under a commitment, predictions come back, and the secret comes out last."""
