"""The mint desk: gates, proposals in lots, the gatekeeper's approval (floor 9)."""
