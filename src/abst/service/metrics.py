"""What Prometheus is told: numbers, and labels from short, closed lists. A registry of its own, nothing of the process.

Each number is set by the loop that learns it; what cannot be learnt keeps its last value, and `last_success` tells its
age.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest


class Metrics:
    """All numbers; docs/operations.md says which value of each should wake somebody."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        gauge, counter = self._gauge, self._counter
        self.lane_depth = gauge("lane_depth", "Intents not at their end.", "signer", "state")
        self.intents = gauge("intents", "Intents, those at their end included.", "state")
        self.needs_attention = gauge("needs_attention", "Intents that wait for a person.")
        self.halted_lanes = gauge("halted_lanes", "Signers for whom nothing is signed until a person decides.")
        self.head_number = gauge("head_number", "The chain's last block.")
        self.head_lag = gauge("head_lag_seconds", "Age of the last block by the wall; 0 on the embedded chain.")
        self.finality_lag = gauge("finality_lag_blocks", "Blocks that the network may still take back.")
        self.nodes = gauge("nodes", "Nodes by what is thought of them.", "state")
        self.journal_number = gauge("journal_number", "The last block read.")
        self.journal_lag = gauge("journal_lag_blocks", "Blocks on the chain that are not read yet.")
        self.journal_halted = gauge("journal_halted", "1 when a final block is gone and a person must decide.")
        self.unreconciled = gauge("unreconciled_wallets", "Changed positions that differ from balanceOf.")
        self.overdue = gauge("overdue_obligations", "Disclosure obligations past their grace.")
        self.last_success = gauge("last_success_timestamp_seconds", "When a loop last came through.", "loop")
        self.errors = counter("errors", "Rounds that failed.", "loop", "kind")
        self.finished = counter("requests_finished", "Requests brought to their end by this process.", "outcome")

    def _gauge(self, name: str, words: str, *labels: str) -> Gauge:
        return Gauge(f"abst_{name}", words, labels, registry=self.registry)

    def _counter(self, name: str, words: str, *labels: str) -> Counter:
        return Counter(f"abst_{name}", words, labels, registry=self.registry)

    def text(self) -> bytes:
        """Prometheus's text format."""
        return generate_latest(self.registry)
