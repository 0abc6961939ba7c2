"""Writing an ONNX graph: nodes and constants with names that collide with nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from bridle.errors import OutputError

OPSETS = (("", 17), ("ai.onnx.ml", 3))
"""Old enough for every runtime in use."""

_IR_VERSION = 8
_PREFIX = "bridle/"


def onnx_library() -> Any:
    """Return the ``onnx`` package.

    Raises
    ------
    OutputError
        If it is not installed.
    """
    try:
        import onnx
    except ImportError:
        raise OutputError(
            "export: onnx must be installed to write ONNX; it is not. Run: pip install 'bridle[export]'."
        ) from None
    return onnx


class Graph:
    """A graph in the making; every method returns the name of a tensor.

    Parameters
    ----------
    names
        Taken by inputs and outputs already.
    """

    def __init__(self, names: set[str]) -> None:
        self._onnx = onnx_library()
        self._taken = set(names)
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []

    def input(self, name: str, kind: str, *shape: int) -> str:
        """Declare an input of kind "double", "float", "int64" or "string", (N, *shape): a column if (1,)."""
        self._inputs.append(self._value(name, kind, [None, *(shape or (1,))]))
        return name

    def output(self, tensor: str, name: str, kind: str, width: int | None = None) -> None:
        """Call a tensor an output, (N,), or (N, width)."""
        self._nodes.append(self._onnx.helper.make_node("Identity", [tensor], [name]))
        self._outputs.append(self._value(name, kind, [None] if width is None else [None, width]))

    def constant(self, value: Any) -> str:
        """Return a constant; text becomes a tensor of strings."""
        array = np.asarray(value)
        name = self._fresh("constant")
        if array.dtype.kind in "UO":
            cells = [str(cell).encode() for cell in array.ravel().tolist()]
            kind = self._onnx.TensorProto.STRING
            self._constants.append(self._onnx.helper.make_tensor(name, kind, array.shape, cells))
        else:
            self._constants.append(self._onnx.numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Return the result of one operator."""
        name = self._fresh(operator)
        node = self._onnx.helper.make_node(operator, list(inputs), [name], domain=domain, **attributes)
        self._nodes.append(node)
        return name

    def cast(self, tensor: str, kind: str) -> str:
        """Return a tensor as "float", "double" or "int64"."""
        return self.add("Cast", tensor, to=getattr(self._onnx.TensorProto, kind.upper()))

    def join(self, tensors: list[str]) -> str:
        """Return (N, a), (N, b) ... side by side."""
        return tensors[0] if len(tensors) == 1 else self.add("Concat", *tensors, axis=1)

    def finish(self, name: str, metadata: dict[str, str]) -> Any:
        """Return the model, checked."""
        helper = self._onnx.helper
        graph = helper.make_graph(self._nodes, name, self._inputs, self._outputs, self._constants)
        opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="bridle")
        helper.set_model_props(model, metadata)
        self._onnx.checker.check_model(model, full_check=True)
        return model

    def _value(self, name: str, kind: str, shape: list[int | None]) -> Any:
        elements = getattr(self._onnx.TensorProto, kind.upper())
        return self._onnx.helper.make_tensor_value_info(name, elements, shape)

    def _fresh(self, what: str) -> str:
        name = f"{_PREFIX}{what}-{len(self._taken)}"
        while name in self._taken:
            name += "-"
        self._taken.add(name)
        return name
