"""Archives of finished runs, which any machine can verify without recomputing anything."""
