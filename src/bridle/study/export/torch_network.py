"""The network of a PyTorch script: the stages of the plan as modules, a residual block as one of its own.

Rows of pixels become pictures (N, C, H, W) before the first convolution, and rows again before the first
dense layer.
"""

from __future__ import annotations

from bridle.engine.maps import Convolution, Map, Pooling
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
        modules += [f"{one}," for one in _shaped(stage, is_first=i == 0)]
        own = [*_noise(recipe, i), *_map(stage.map), *_normalization(stage)]
        activation = ACTIVATIONS[stage.activation]
        if stage.closes:
            around = ["nn.Identity()"] if stage.shortcut is None else _map(stage.shortcut)
            modules += _block(inside + own, around, activation or "nn.Identity()")
        else:
            own += [activation] if activation else []
            inside = own if stage.opens else []
            modules += [] if stage.opens else [f"{one}," for one in own]
        modules += [f"{_pool(one)}," for one in stage.pools]
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


def _shaped(stage: Stage, is_first: bool) -> list[str]:
    """Return what makes pictures of rows before the first map, or rows of pictures behind convolutions."""
    if isinstance(stage.map, Convolution):
        return [f"nn.Unflatten(1, {stage.map.given})"] if is_first else []
    return ["nn.Flatten()"] if stage.given is not None and not is_first else []


def _map(own: Map) -> list[str]:
    if not isinstance(own, Convolution):
        units, inputs = own.shape
        return [f"nn.Linear({inputs}, {units})"]
    window = own.window
    top, left, below, right = own.margins
    options = f", stride={window.stride}" if window.stride > 1 else ""
    padded = []
    if (top, left) != (below, right):
        padded = [f"nn.ZeroPad2d(({left}, {right}, {top}, {below}))"]
    elif top or left:
        options += f", padding=({top}, {left})"
    return [*padded, f"nn.Conv2d({own.given[0]}, {own.channels}, {window.kernel}{options})"]


def _pool(pooling: Pooling) -> str:
    if pooling.kind == "global":
        return "nn.AdaptiveAvgPool2d(1)"
    return f"nn.{'MaxPool2d' if pooling.kind == 'max' else 'AvgPool2d'}({pooling.size})"


def _normalization(stage: Stage) -> list[str]:
    if stage.normalization is None:
        return []
    kind = _NORMALIZATIONS[stage.normalization]
    kind = kind.replace("1d", "2d") if isinstance(stage.map, Convolution) else kind
    return [f"{kind}({stage.map.channels})"]


def _block(inside: list[str], around: list[str], activation: str) -> list[str]:
    way = around[0] if len(around) == 1 else f"nn.Sequential({', '.join(around)})"
    return [
        "Residual(",
        "    nn.Sequential(",
        *(f"        {one}," for one in inside),
        "    ),",
        f"    {way},",
        f"    {activation},",
        "),",
    ]
