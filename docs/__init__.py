"""The pages of the documentation, and what runs their examples."""
