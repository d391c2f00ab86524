"""Random spaces for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

import tunekit as tk

choices = st.lists(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-5, 5),
        st.text("abc", max_size=3),
        st.tuples(st.integers(0, 3), st.integers(0, 3)),
    ),
    min_size=1,
    max_size=4,
    unique_by=repr,
)


@st.composite
def floats(draw):
    log = draw(st.booleans())
    low = draw(st.floats(1e-6, 10) if log else st.floats(-10, 10))
    return tk.Float(low, low + draw(st.floats(1e-3, 100)), log=log)


@st.composite
def ints(draw, low=-20):
    log = draw(st.booleans())
    start = draw(st.integers(1 if log else low, 20))
    return tk.Int(start, start + draw(st.integers(1, 30)), log=log)


@st.composite
def spaces(draw):
    """A space with a repeated parameter and chains of conditions."""
    low = draw(st.integers(0, 2))
    parameters = {
        "layers": tk.Int(low, low + draw(st.integers(1, 3))),
        "kind": tk.Categorical(draw(choices)),
        "units": draw(ints(low=1)).per("layers"),
    }
    for i in range(draw(st.integers(0, 4))):
        parameter = draw(st.one_of(floats(), ints(), choices.map(tk.Categorical)))
        if draw(st.booleans()):
            parents = [name for name, p in parameters.items() if isinstance(p, tk.Categorical)]
            parent = draw(st.sampled_from(parents))
            allowed = parameters[parent].choices
            values = draw(st.lists(st.sampled_from(allowed), min_size=1, unique_by=repr))
            parameter = parameter.when(**{parent: list(values)})
        parameters[f"p{i}"] = parameter
    return tk.Space(**parameters)
