"""Everything Streamlit that the pages share: shell, workspace, caches, pickers, pictures and words."""
