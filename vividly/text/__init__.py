"""All that depends on a language: its name, its words, its numbers, its sentences."""
