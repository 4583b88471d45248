"""Investors: private records, the legal grounds on which they may hold, suitability, wallets, and their import."""
