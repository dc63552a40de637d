"""The generator behind ``contract-compliance-*``: contracts and bids with planted violations of a checklist."""
