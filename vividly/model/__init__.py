"""What travels: requests, tickets, lessons, visuals, notifications, settings, errors.

Imports nothing of `vividly` but itself.
"""
