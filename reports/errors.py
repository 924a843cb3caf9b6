"""What may go wrong with a report and people can mend: said in one sentence, without a stack trace."""

from wlz.words.faults import Spoken


class ReportError(Spoken):
    """A report that cannot be made: no database, no such month, a map that does not fit. Says what next."""
