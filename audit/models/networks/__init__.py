"""How the networks trained here learn: rows as tensors, batches, one loop for every objective, curves by epoch."""
