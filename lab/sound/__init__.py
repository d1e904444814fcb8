"""Sound for people: files that are read, pictures, the page of a check, what was found in words."""
