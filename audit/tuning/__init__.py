"""The search over repairs and their settings: which gives the best trade-off between use and gap.

Tries are scored on validation rows by a bench that holds no test row; only what is picked there is measured on the test
rows. Optuna proposes the settings and keeps nothing on the disk: a search is continued from its own list of tries.
"""
