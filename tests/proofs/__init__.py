"""What `make prove` runs besides forge's own tests: mutants, symbolic checks, slither, and one line per promise."""
