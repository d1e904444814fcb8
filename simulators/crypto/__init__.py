"""Real cryptography for the token model; needs the extra ``token``. The simulation itself never imports it.

These keys exist for tests. They are made by sound libraries, but kept in memory without any protection.
"""
