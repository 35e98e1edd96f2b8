"""The input as one object: typed records, what a field may be, its prior, and what a declaration may say."""
