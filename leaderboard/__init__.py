"""How it is shown: pages made from records and cards alone."""
