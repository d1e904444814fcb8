"""Hardware abstraction layer of the exam point (ППЭ).

One folder per device family, each with its interface (a ``Protocol`` that fits one screen), frozen value
types with units, typed errors and, one module each, its real drivers. Nothing here imports the rest of
the product.
"""
