"""Printed forms as PDF, read out of a journal; needs the extra ``forms``."""
