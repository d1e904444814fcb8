"""Third-party software that drivers are tested against, and ways to break it."""
