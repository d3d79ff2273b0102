"""Grading: one process that holds the hidden tests and judges submission after submission."""
