"""Collected articles, the sources and pages they came from, and withdrawals."""
