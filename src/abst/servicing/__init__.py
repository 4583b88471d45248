"""Record dates, payments to holders, amortisation and closing (floor 9)."""
