"""Real headsets through PortAudio: a process for every stream, and a watchdog over it.

``opener`` serves the schemes; ``headset`` is what a station holds; ``link`` is its end of a worker process,
``worker`` the other; ``wire`` is what they say. ``watchdog`` and ``soundserver`` notice what PortAudio does
not tell.
"""
