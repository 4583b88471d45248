"""Obligations and publications: what is due, and what closes it (floor 8)."""
