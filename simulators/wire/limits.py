"""What can be asked of any virtual device at most."""

LONGEST_FAULT_S = 86_400
