"""What the studies run; each page of this folder says what its study is."""
