"""The words and tables that the command line prints."""
