"""The page that shows what was served, and its picture."""
