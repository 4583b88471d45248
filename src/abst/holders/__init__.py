"""Register of holders: facts of a movement, positions read from events, reconciliation (floor 7)."""
