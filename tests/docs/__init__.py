"""Tests of the documentation: its pages, and what builds them."""
