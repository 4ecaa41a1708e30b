"""The language of the project: plain values and pure rules, standard library only.

Every other room speaks in these words (`docs/reference/words.md`). Nothing here reads a clock, a file or a socket:
time, randomness and ids are arguments.
"""
