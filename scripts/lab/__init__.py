"""What experiments, benchmarks and the making of models have in common: trainings, scores, tables, timed processes."""
