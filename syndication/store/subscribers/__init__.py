"""Subscribers, their consents, the suppression list and their bounces."""
