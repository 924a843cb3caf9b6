"""What is run by hand or by make: benchmarks, evidence, generated documents, pictures."""
