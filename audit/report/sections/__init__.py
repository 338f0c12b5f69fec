"""The sections of the report, each a function from an audit to blocks."""
