"""Layers of a network or steps of a pipeline, from their tracked description."""

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
        Shape of the output for one row, with None for sizes that vary; None if unknown.
    n_params, n_trainable : int or None
        Number of parameters; None for a step.
    details : str
        Activation and rate of a layer, or the non-default parameters of a step.
    """

    name: str
    kind: str
    shape: tuple[int | None, ...] | None
    n_params: int | None
    n_trainable: int | None
    details: str

    @property
    def shape_words(self) -> str:
        """The shape as text; empty if unknown."""
        if self.shape is None:
            return ""
        return " × ".join("any" if size is None else str(size) for size in self.shape) or "1"


@dataclass(frozen=True)
class Architecture:
    """Architecture of the best estimator.

    Attributes
    ----------
    is_network : bool
        Whether the parts are layers.
    parts : tuple of Part
        Layers; steps if there is no network.
    steps : tuple of Part
        Steps before the network; all steps if there is no network.
    n_parts : int
        Number of layers or steps; the last ones may not be listed in ``parts``.
    n_params, n_trainable : int or None
        Total number of parameters of the network; None if there is no network.
    n_networks : int
        Number of networks of this kind, 0 or more; a calibrated classifier has one per fold.
    """

    is_network: bool
    parts: tuple[Part, ...]
    steps: tuple[Part, ...]
    n_parts: int
    n_params: int | None
    n_trainable: int | None
    n_networks: int = 0


def architecture_of(described: Mapping[str, Any] | None) -> Architecture | None:
    """Return the architecture of the best estimator.

    Parameters
    ----------
    described : mapping or None
        Content of ``architecture.json``; None if there is no such file.

    Returns
    -------
    Architecture or None
        None if nothing was tracked.
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
        n_networks=int(network.get("n_networks", 1)),
    )


def _layer(layer: Mapping[str, Any]) -> Part:
    details = [str(layer["activation"])] if "activation" in layer else []
    if "rate" in layer:
        details.append(f"rate {layer['rate']:.3g}")
    if "n_layers" in layer:
        details.append(f"{layer['n_layers']} inner layers")
    shape = layer.get("shape")
    return Part(
        name=str(layer.get("name", "")),
        kind=str(layer.get("kind", "")),
        shape=None if shape is None else tuple(shape),
        n_params=layer.get("n_params"),
        n_trainable=layer.get("n_trainable"),
        details=", ".join(details),
    )


def _step(step: Mapping[str, Any]) -> Part:
    params = ", ".join(f"{name}={text}" for name, text in step.get("params", {}).items())
    return Part(str(step.get("name", "")), str(step.get("kind", "")), None, None, None, params)


def summarised(parts: Sequence[Part], n_parts: int, most: int) -> list[Part | int]:
    """Return the first and the last parts, with the number of omitted parts between them.

    Parameters
    ----------
    parts : sequence of Part
    n_parts : int
        Total number of parts; the last ones may not be in ``parts``.
    most : int
        Maximum length of the result.

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
