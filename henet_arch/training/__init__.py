"""Trains networks on data sets, and tests what was trained."""
