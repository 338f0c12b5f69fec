"""What an audit knows beyond rates and gaps: one file for each chapter, computed when it is first asked for."""
