"""Transfer, freeze, forced transfer, recovery, redemption, and why a movement is refused (floor 9)."""
