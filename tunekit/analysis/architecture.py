"""The layers of a network, or the steps of a pipeline, as they were tracked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Part:
    """A layer of a network, or a step of a pipeline.

    Attributes
    ----------
    name, kind : str
    shape : tuple of int or None, or None
        Of one row's output, None in it where it varies; None where it is not known.
    n_params, n_trainable : int or None
        Weights; None of a step.
    details : str
        Activation and rate of a layer, or the parameters of a step that were changed.
    """

    name: str
    kind: str
    shape: tuple[int | None, ...] | None
    n_params: int | None
    n_trainable: int | None
    details: str

    @property
    def shape_words(self) -> str:
        """The shape as one would say it; empty where it is not known."""
        if self.shape is None:
            return ""
        return " × ".join("any" if size is None else str(size) for size in self.shape) or "1"


@dataclass(frozen=True)
class Architecture:
    """What the best estimator is made of.

    Attributes
    ----------
    is_network : bool
        Whether the parts are layers.
    parts : tuple of Part
        Layers, or steps where there is no network.
    steps : tuple of Part
        Steps in front of the network, or all of them.
    n_parts : int
        How many layers or steps there are, of which some may not be listed.
    n_params, n_trainable : int or None
        Weights in all; None where there is no network.
    """

    is_network: bool
    parts: tuple[Part, ...]
    steps: tuple[Part, ...]
    n_parts: int
    n_params: int | None
    n_trainable: int | None


def architecture_of(described: Mapping[str, Any] | None) -> Architecture | None:
    """Return what the best estimator is made of.

    Parameters
    ----------
    described : mapping or None
        What ``architecture.json`` holds; None where there is no such file.

    Returns
    -------
    Architecture or None
        None where nothing was tracked.
    """
    if not described:
        return None
    steps = tuple(_step(each) for each in described.get("steps", ()))
    network = described.get("network")
    if network is None:
        return Architecture(False, steps, steps, len(steps), None, None)
    layers = tuple(_layer(each) for each in network.get("layers", ()))
    return Architecture(
        is_network=True,
        parts=layers,
        steps=steps[:-1],
        n_parts=int(network.get("n_layers", len(layers))),
        n_params=network.get("n_params"),
        n_trainable=network.get("n_trainable"),
    )


def _layer(told: Mapping[str, Any]) -> Part:
    details = [str(told["activation"])] if "activation" in told else []
    if "rate" in told:
        details.append(f"rate {told['rate']:.3g}")
    if "n_layers" in told:
        details.append(f"{told['n_layers']} layers inside")
    shape = told.get("shape")
    return Part(
        name=str(told.get("name", "")),
        kind=str(told.get("kind", "")),
        shape=None if shape is None else tuple(shape),
        n_params=told.get("n_params"),
        n_trainable=told.get("n_trainable"),
        details=", ".join(details),
    )


def _step(told: Mapping[str, Any]) -> Part:
    params = ", ".join(f"{name}={text}" for name, text in told.get("params", {}).items())
    return Part(str(told.get("name", "")), str(told.get("kind", "")), None, None, None, params)


def summarised(parts: Sequence[Part], n_parts: int, most: int) -> list[Part | int]:
    """Return the first and the last parts, and in their place how many there are in between.

    Parameters
    ----------
    parts : sequence of Part
    n_parts : int
        How many there are, of which the last may not be among them.
    most : int
        How many are shown.

    Examples
    --------
    >>> def part(name):
    ...     return Part(name, "Dense", None, 0, 0, "")
    >>> shown = summarised([part(name) for name in "abcdefg"], 7, 4)
    >>> [each if isinstance(each, int) else each.name for each in shown]
    ['a', 'b', 4, 'g']
    """
    if n_parts <= most:
        return list(parts)
    n_last = (most - 1) // 2 if n_parts == len(parts) else 0
    n_first = most - 1 - n_last
    return [*parts[:n_first], n_parts - n_first - n_last, *(parts[-n_last:] if n_last else [])]
