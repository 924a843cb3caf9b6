"""Pages of the report: which sentences, figures and tables stand where. Looks are in ``templates`` and ``static``."""
