"""Operator, network and power cut, played together: see `test_faults`."""
