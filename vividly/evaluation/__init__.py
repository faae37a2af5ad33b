"""Measures the quality of the parts on labelled examples."""
