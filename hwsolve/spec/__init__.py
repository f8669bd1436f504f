"""From YAML text to records: nodes with positions, checked fields, and every error at once."""
