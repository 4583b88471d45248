"""Figures: exact gas of every act, and speed of the embedded chain, the service and the command line."""
