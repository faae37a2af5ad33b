"""How a lesson is made: understand the question, write the script, check it, speak it, draw it."""
