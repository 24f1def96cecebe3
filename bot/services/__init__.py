"""Verbs. Each public method is one use case and opens at most one transaction.

A service never calls a platform: what is to be said later goes on the outbox shelf, in the
transaction of what it tells.
"""
