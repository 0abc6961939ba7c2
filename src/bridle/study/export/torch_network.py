"""The network of a PyTorch script: the stages of the plan as modules, a residual block as one of its own."""

from __future__ import annotations

from bridle.engine.stages import Stage
from bridle.study.export.recipe import Recipe

ACTIVATIONS = {
    "linear": "",
    "relu": "nn.ReLU()",
    "leaky_relu": "nn.LeakyReLU(0.01)",
    "tanh": "nn.Tanh()",
    "sigmoid": "nn.Sigmoid()",
    "softplus": "nn.Softplus()",
    "silu": "nn.SiLU()",
    "gelu": "nn.GELU()",
    "selu": "nn.SELU()",
}
_NORMALIZATIONS = {"batch": "nn.BatchNorm1d", "layer": "nn.LayerNorm"}  # epsilon is 1e-5 in all three
_RESIDUAL = [
    "class Residual(nn.Module):",
    "    def __init__(self, inside, around, activation):",
    "        super().__init__()",
    "        self.inside, self.around, self.activation = inside, around, activation",
    "",
    "    def forward(self, x):",
    "        return self.activation(self.inside(x) + self.around(x))",
    "",
    "",
]


def torch_network(recipe: Recipe) -> list[str]:
    """Return the lines that define ``make_network``, and what it needs."""
    modules: list[str] = []
    inside: list[str] = []
    for i, stage in enumerate(recipe.plan.stages):
        own = [*_noise(recipe, i), _map(stage), *_normalization(stage)]
        activation = ACTIVATIONS[stage.activation]
        if stage.closes:
            around = "nn.Identity()" if stage.shortcut is None else _linear(*stage.shortcut.shape)
            modules += _block(inside + own, around, activation or "nn.Identity()")
        else:
            own += [activation] if activation else []
            inside = own if stage.opens else []
            modules += [] if stage.opens else [f"{one}," for one in own]
    return [
        *(_RESIDUAL if recipe.has_shortcuts else []),
        "def make_network():",
        "    return nn.Sequential(",
        *(f"        {line}" for line in modules),
        "    )",
    ]


def _noise(recipe: Recipe, i: int) -> list[str]:
    rate = recipe.strength("dropout" if i else "input_dropout")
    return [f"nn.Dropout({rate!r})"] if rate else []


def _map(stage: Stage) -> str:
    return _linear(*stage.map.shape)


def _linear(units: int, inputs: int) -> str:
    return f"nn.Linear({inputs}, {units})"


def _normalization(stage: Stage) -> list[str]:
    if stage.normalization is None:
        return []
    return [f"{_NORMALIZATIONS[stage.normalization]}({stage.map.channels})"]


def _block(inside: list[str], around: str, activation: str) -> list[str]:
    return [
        "Residual(",
        "    nn.Sequential(",
        *(f"        {one}," for one in inside),
        "    ),",
        f"    {around},",
        f"    {activation},",
        "),",
    ]
