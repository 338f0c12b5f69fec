"""What is measured in each group: rates as quotients of cells."""
