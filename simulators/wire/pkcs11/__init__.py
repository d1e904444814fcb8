"""The token model as a PKCS#11 module: the server side of p11-kit's RPC over a Unix socket.

``codec`` reads and writes messages, ``application`` keeps the rules of PKCS#11 for one connected program,
``server`` serves the socket. The standard is OASIS PKCS#11 v2.40; the wire is that of p11-kit 0.24.1.
"""
