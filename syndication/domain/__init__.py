"""The language of the project: plain values and pure rules. Standard library only, but for `regex` where `text` cuts.

Every other room uses these words (`docs/reference/words.md`). Nothing here reads a clock, a file or a socket: time, randomness and
ids are arguments.
"""
