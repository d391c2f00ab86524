"""Random spaces for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

import tunekit as tk
from tunekit.core.json_values import key

choices = st.lists(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-5, 5),
        st.text("abc", max_size=3),
        st.tuples(st.integers(0, 3), st.integers(0, 3)),
        st.dictionaries(st.text("ab", max_size=1), st.integers(0, 2), max_size=2),
    ),
    min_size=1,
    max_size=4,
    unique_by=key,
)


@st.composite
def categoricals(draw):
    return tk.Categorical(draw(choices), ordered=draw(st.booleans()))


@st.composite
def floats(draw):
    log = draw(st.booleans())
    if not log and draw(st.booleans()):
        step, low = draw(st.sampled_from([0.1, 0.25, 3.0])), draw(st.sampled_from([-1.0, 0.0, 0.7]))
        return tk.Float(low, round(low + draw(st.integers(1, 9)) * step, 6), step=step)
    low = draw(st.floats(1e-6, 10) if log else st.floats(-10, 10))
    return tk.Float(low, low + draw(st.floats(1e-3, 100)), log=log)


@st.composite
def ints(draw, low=-20):
    log = draw(st.booleans())
    start = draw(st.integers(1 if log else low, 20))
    step = 1 if log else draw(st.integers(1, 4))
    return tk.Int(start, start + step * draw(st.integers(1, 30)), log=log, step=step)


@st.composite
def spaces(draw):
    """A space with a repeated parameter and chains of conditions."""
    low = draw(st.integers(0, 2))
    parameters = {
        "layers": tk.Int(low, low + draw(st.integers(1, 3))),
        "kind": draw(categoricals()),
        "fixed": draw(st.one_of(st.integers(0, 3), st.none(), st.text("ab", max_size=2))),
        "units": draw(ints(low=1)).per("layers"),
    }
    for i in range(draw(st.integers(0, 4))):
        parameter = draw(st.one_of(floats(), ints(), categoricals()))
        if draw(st.booleans()):
            parents = [name for name, p in parameters.items() if isinstance(p, tk.Categorical)]
            parent = draw(st.sampled_from(parents))
            allowed = parameters[parent].choices
            values = draw(st.lists(st.sampled_from(allowed), min_size=1, unique_by=key))
            parameter = parameter.when(**{parent: list(values)})
        parameters[f"p{i}"] = parameter
    return tk.Space(**parameters)
