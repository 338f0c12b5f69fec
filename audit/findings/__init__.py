"""What matters most in an audit: coded checks, each with evidence and advice."""
