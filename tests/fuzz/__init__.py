"""Coverage-guided fuzzing of everything that takes what students send (docs/chaos.md)."""
