"""Studies: tables, splits, scores and statistics, and the comparison of regularizers that they make up."""
