"""The steps from a plotly figure to a drawing: reading it, its axes, its marks, what lies over them, its legend."""
