"""What may leave the house: small counts are withheld, with everything that would give them away."""
