"""Pictures of an audit: pure functions from its rows to figures, for the screen and for paper alike."""
