"""A labelled corpus for the audio check: synthesised speech, clean and with every fault, and what was found.

``python -m tests.audio_corpus`` makes it, judges it and prints the table; nothing is kept on disk. How it is
made and what it showed: ``docs/reference/audio-corpus.md``.
"""
