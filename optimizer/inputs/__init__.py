"""From scenario and data pack to checked inputs in internal units."""
