"""The portable package: a registry's event log and all that follows from it, for another registry to check and keep."""
