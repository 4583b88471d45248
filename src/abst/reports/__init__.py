"""What others read: the regulator's view, counsel's closing report, the differences of two plans (floor 10)."""
