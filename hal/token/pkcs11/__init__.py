"""Real tokens through their PKCS#11 module, in processes of their own (see ``docs/guides/tokens.md``).

``opener.Pkcs11Devices`` serves the scheme ``pkcs11:``; ``port.Pkcs11Port`` is what a station takes. They
are not named here, because the worker process imports this package, too, and has to start quickly.
"""
