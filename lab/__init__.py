"""What people start: the ``ppelab`` command, its reports and its texts."""
