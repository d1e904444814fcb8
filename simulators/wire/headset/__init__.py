"""Virtual headsets on a PulseAudio server: sound in real time, and what hands can do to them."""
