"""The command line ``wlz``. Exit codes: 0 ok, 1 data refused or a check failed, 2 wrong use."""

import click

from pipelines.cli.backtest import backtest
from pipelines.cli.complete import complete
from pipelines.cli.console import note
from pipelines.cli.decide import accept, quarantine
from pipelines.cli.demo import demo
from pipelines.cli.doctor import doctor
from pipelines.cli.forecast import forecast
from pipelines.cli.inspect_file import inspect_file
from pipelines.cli.lists import reference
from pipelines.cli.look import explain, query, tables
from pipelines.cli.report import report
from pipelines.cli.run import run
from pipelines.cli.simulate import simulate
from pipelines.cli.status import status
from pipelines.cli.validate import validate
from pipelines.cli.withdraw import withdraw
from pipelines.cli.year import year
from wlz.words.faults import Spoken


class SpeakingGroup(click.Group):
    """Commands of which an error that people can mend is told by its sentence, whichever command it stops."""

    def invoke(self, ctx: click.Context) -> object:
        """Runs the command; a Spoken that it did not tell itself is told here, with exit code 1."""
        try:
            return super().invoke(ctx)
        except Spoken as error:
            note(str(error))
            raise SystemExit(1) from None


@click.group(cls=SpeakingGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="wlz-kader")
def main() -> None:
    """Will this year's Wlz budget framework (kader) be enough, for whom not, and how sure are we?

    Example: wlz demo
    """


_COMMANDS = (
    *(demo, simulate, validate, run, report, status, withdraw, accept, quarantine, doctor, year),
    *(tables, explain, query, forecast, complete, inspect_file, backtest, reference),
)
for command in _COMMANDS:
    main.add_command(command)
