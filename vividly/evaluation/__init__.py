"""How good the parts are, measured on labelled examples."""
