"""The servicer's report: its form, how it and its loan tape are read, what ties, what the waterfall takes of it.

Pure. Money is whole units of the deal's currency; rates are fixed point, 1e-12; an exchange rate 1e-8.
"""
