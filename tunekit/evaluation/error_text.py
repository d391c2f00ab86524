"""The sentence of an error that matters, as one line."""

from __future__ import annotations

import re

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_NODE = re.compile(r"Detected at node (\S+) defined at")
_NOISE = re.compile(r"\{\{function_node [^}]*\}\}|\[\[\{\{.*?\}\}\]\]|\[Op:[^\]]*\]|\bname: *$")
_CALL = re.compile(r"Exception encountered when calling ([\w.]+)\(\)\.\s*")
_ARGUMENTS = re.compile(r"\s*Arguments received by [\w.]+\(\):.*", re.DOTALL)
_TRACE = "Traceback (most recent call last)"
_RAISED = re.compile(r"^[\w.]*(?:Error|Exception|Warning|Interrupt)(?:: .*)?$", re.MULTILINE)
_FRAME = re.compile(r"\s*(?:File \"|Detected at node|Stack trace|Graph execution error)")


def reason_of(error: BaseException) -> str:
    """Return why something failed: the kind of error and the sentence that matters, in one line.

    Messages of TensorFlow and Keras begin with a trace of the graph or with the layer; those of
    scikit-learn's searches quote the traceback of a fit.

    Examples
    --------
    >>> reason_of(ValueError("units must be positive"))
    'ValueError: units must be positive'
    >>> reason_of(KeyError())
    'KeyError'
    """
    kind = type(error).__name__
    if isinstance(error, MemoryError) or kind == "ResourceExhaustedError":
        kind = "out of memory"
    text = _useful(_COLOURS.sub("", str(error)))
    return f"{kind}: {text}".removesuffix(": ")


def _useful(message: str) -> str:
    """Return the part of a message that names the cause."""
    if _TRACE in message:
        raised = _RAISED.findall(message)
        return " ".join(raised[-1].split()) if raised else " ".join(message.split())
    place = ""
    if node := _NODE.search(message):
        place = f" (in {node[1].removeprefix('while/')})"
        lines = message.splitlines()
        kept = [line for line in lines if line.strip() and not _FRAME.match(line)]
        message = "\n".join(kept) or message
    elif calls := _CALL.findall(message):
        place = f" (in {calls[-1]})"
        inner = _ARGUMENTS.sub("", _CALL.split(message)[-1])
        message = inner or message
    return " ".join(_NOISE.sub("", message).split()) + place
