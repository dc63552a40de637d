"""Inspection: what can be known of a submission without loading its model; ``folder.look_at`` is the way in."""
