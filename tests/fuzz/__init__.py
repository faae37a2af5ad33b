"""Coverage-guided fuzzing of everything that reads students' input (docs/chaos.md)."""
