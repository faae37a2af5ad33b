"""The shared types: requests, tickets, lessons, visuals, notifications, settings, errors.

Imports no other package of `vividly`.
"""
