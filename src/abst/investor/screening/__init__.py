"""Screening of investors, and of the persons behind them, against sanctions and politically-exposed lists (R-53)."""
