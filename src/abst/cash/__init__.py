"""Money: the assets in which tokens are paid for and paid, and the bank's deposits on the local chain (floor 8)."""
