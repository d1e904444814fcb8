"""The scenario language, the runner of whole exam days, expectations, and the library."""
