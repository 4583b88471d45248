"""The waterfall: a deal's steps compiled to one byte string that Python and ``contracts/Waterfall.sol`` both run.

`program` is the byte string, `machine` runs it, `expressions` reads what people write in the deal file, `compiling`
turns a deal into a program. Pure: integers only, no chain, store or clock. The format stands in ``docs/deal.md``.
"""
