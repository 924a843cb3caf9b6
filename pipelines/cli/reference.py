"""The command line reference as Markdown, from the commands themselves."""

import click


def render_reference() -> str:
    """One section per command, those of a group too: its help text as printed. Generated, never edited."""
    from pipelines.cli import main

    lines = ["# Command line", "", "Generated from the commands by `make docs`; do not edit.", ""]
    lines += ["Exit codes: 0 ok, 1 data refused or a check failed, 2 wrong use.", ""]
    named = dict(main.commands)
    for name, group in main.commands.items():
        if isinstance(group, click.Group):
            named |= {f"{name} {inner}": command for inner, command in group.commands.items()}
    for name, command in sorted(named.items(), key=lambda one: list(main.commands).index(one[0].split()[0])):
        context = click.Context(command, info_name=f"wlz {name}", max_content_width=100, terminal_width=100)
        lines += [f"## wlz {name}", "", "```text", command.get_help(context), "```", ""]
    return "\n".join(lines).rstrip() + "\n"
