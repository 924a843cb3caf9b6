"""What may go wrong with a report and people can mend: said in one sentence, without a stack trace."""


class ReportError(Exception):
    """A report that cannot be made: no database, no such month, a map that does not fit. Says what next."""
