"""What lessons rest on: the shipped corpus, books, sentence vectors, retrieval."""
