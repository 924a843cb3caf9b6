"""The command line reference as Markdown, from the commands themselves."""

import click


def render_reference() -> str:
    """One section per command: its help text as printed. Generated, never edited."""
    from pipelines.cli import main

    lines = ["# Command line", "", "Generated from the commands by `make docs`; do not edit.", ""]
    lines += ["Exit codes: 0 ok, 1 data refused or a check failed, 2 wrong use.", ""]
    for name, command in main.commands.items():
        context = click.Context(command, info_name=f"wlz {name}", max_content_width=100, terminal_width=100)
        lines += [f"## wlz {name}", "", "```text", command.get_help(context), "```", ""]
    return "\n".join(lines).rstrip() + "\n"
