"""Reports that holders read, drawn once and written twice: as HTML and as PDF, in English or Chinese.

Figures (plain values) become a paper (sections of blocks, in one language); a paper becomes one HTML file or the pages
of a PDF. Charts are marks on a plane, so both show the same. The same figures give the same bytes: the hash of what was
published can be made again by anybody who has the figures.
"""
