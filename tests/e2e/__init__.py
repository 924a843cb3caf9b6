"""End to end: files in, the real job, the published marts out."""
