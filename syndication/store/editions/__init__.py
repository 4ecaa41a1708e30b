"""Frozen editions, their mailings and the editor's notes."""
