"""Device models on the wire: what programs that know nothing of us can talk to."""
