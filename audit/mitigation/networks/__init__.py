"""What the mitigations that train a network share; no module here is a mitigation."""
