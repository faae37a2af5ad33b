"""How a request is carried through: stages, claims, failures, sharing, publication."""
