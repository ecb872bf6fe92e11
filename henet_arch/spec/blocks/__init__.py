"""Blocks that a spec declares itself: their text, its grammar, and how layers are made of it.

One way: text -> tokens -> expressions and steps -> a program -> layers.
"""
