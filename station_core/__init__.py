"""The logic of the exam stations: written once against ``hal``, run in virtual time and on real devices."""
