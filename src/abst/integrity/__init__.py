"""Chain against outbox against store; what is due today; what waits for whom (floor 10)."""
