"""Whether a file is XML at all, so that a broken one is told and not read as saying nothing."""

from __future__ import annotations

from xml.parsers import expat

from adapters.manifests.tree import Unparsable


def check_xml(text: str) -> None:
    """Parse and keep nothing. A file with a DOCTYPE is left alone: its entities are never expanded.

    Raises:
        Unparsable: It is not well-formed, with the line.
    """
    if "<!DOCTYPE" in text:
        return
    # What is here is text already: whatever encoding its first line names counts no more.
    parser = expat.ParserCreate("utf-8")
    try:
        parser.Parse(text.encode("utf-8", "surrogatepass"), True)
    except expat.ExpatError as error:
        raise Unparsable(f"not XML ({expat.errors.messages[error.code]})", error.lineno) from error
