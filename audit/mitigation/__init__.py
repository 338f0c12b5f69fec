"""Repairs to try: each module here is one method with a ``SPEC``; what they share is in ``spec`` and ``balance``."""
