"""Where rows live and are counted: the only rooms that see rows."""
