"""Options that take one of several names: another one is a mistake of usage, and the message lists those there are."""

from importlib import import_module
from typing import Any

import typer


def one_of(where: str, text: str, *flags: str, beside: tuple[str, ...] = (), metavar: str | None = None) -> Any:
    """Make an option that takes a name, or none.

    Args:
        where: what has the names, or gives them when called, as "module.attribute" inside quaver; it is looked up when
            the option is given, so that `--help` stays quick.
        text: for the help.
        flags: how it is written, unless as the parameter.
        beside: names beside those.
        metavar: what the help puts in the name's place.

    Returns:
        The option, for Annotated. A strange name is a typer.BadParameter.
    """

    def check(given: str | None) -> str | None:
        if not given:
            return given
        module, _, attribute = where.rpartition(".")
        names = getattr(import_module(f"quaver.{module}"), attribute)
        known = (*beside, *(names() if callable(names) else names))
        if given not in known:
            raise typer.BadParameter(f"{given!r} is unknown; expected one of: {', '.join(known)}.")
        return given

    return typer.Option(*flags, callback=check, metavar=metavar, help=text)
