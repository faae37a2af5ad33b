"""Everything that depends on a language: names, words, numbers, sentences."""
