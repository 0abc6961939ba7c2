"""The script for PyTorch."""

from __future__ import annotations

from bridle.engine.layers import Conv, Dense, GlobalPool, Pool, Residual, ResidualConv
from bridle.study.export.recipe import RUNNING, Library, Recipe, heading, recipe_of
from bridle.study.export.torch_network import ACTIVATIONS, torch_network
from bridle.study.model import Model

LIBRARY = Library(
    "PyTorch",
    (
        "l1", "l2", "elastic_net", "l1_bias", "l2_bias", "weight_decay", "dropout", "input_dropout",
        "input_noise", "max_norm", "gradient_clipping", "early_stopping",
    ),
    ACTIVATIONS,
    layers=(Dense, Residual, Conv, ResidualConv, Pool, GlobalPool),
    normalizations=("batch", "layer"),
)  # fmt: skip


def torch_code(model: Model) -> str:
    """Return a script that trains a model's network in PyTorch.

    Raises
    ------
    PlanError
        If the script would train something else.
    """
    recipe = recipe_of(model, LIBRARY)
    lines = [
        *heading(recipe, "PyTorch", _notes(recipe)),
        *(["import copy", ""] if recipe.strength("patience") else []),
        "import torch",
        "from torch import nn",
        "",
        "",
        *torch_network(recipe),
        "",
        "",
        *_objective(recipe),
        "",
        "",
        *_optimizer(recipe),
        "",
        "",
        *_training(recipe),
    ]
    return "\n".join(lines) + "\n"


def _notes(recipe: Recipe) -> list[str]:
    notes = []
    if recipe.l1 or recipe.strength("l1_bias"):
        notes.append(
            "PyTorch has no proximal step: l1 pulls by its subgradient here, and makes no weight exactly 0."
        )
    if "batch" in recipe.normalizations:
        notes += [RUNNING, "Of n rows, PyTorch's running variance is n / (n - 1) times bridle's."]
        if recipe.plan.batch_size is not None:
            notes.append("It cannot normalize a batch of one row: such a last batch is left out.")
    return notes


def _objective(recipe: Recipe) -> list[str]:
    sure = "nn.functional.binary_cross_entropy_with_logits"
    loss = {
        "binary_cross_entropy": f"{sure}(network(X)[:, 0], y.to(X.dtype))",
        "cross_entropy": "nn.functional.cross_entropy(network(X), y)",
        "squared_error": "0.5 * nn.functional.mse_loss(network(X)[:, 0], y.to(X.dtype))",
    }[recipe.plan.loss]
    terms = (
        (recipe.l1, "sum(w.abs().sum() for w in weights)", ""),
        (
            recipe.l2,
            "0.5 * sum(w.square().sum() for w in weights)",
            "weight_decay of Adam or SGD, on weights",
        ),
        (recipe.strength("l1_bias"), "sum(b.abs().sum() for b in biases)", ""),
        (
            recipe.strength("l2_bias"),
            "0.5 * sum(b.square().sum() for b in biases)",
            "weight_decay, on biases",
        ),
    )
    kinds = "nn.Linear | nn.Conv2d" if recipe.plan.convolves else "nn.Linear"
    lines = [
        "def weights_and_biases(network):",
        f"    layers = [layer for layer in network.modules() if isinstance(layer, {kinds})]",
        "    return [layer.weight for layer in layers], [layer.bias for layer in layers]",
        "",
        "",
        "def data_loss(network, X, y):",
        f"    return {loss}",
        "",
        "",
        "def objective(network, X, y):",
        "    loss = data_loss(network, X, y)",
    ]
    if any(strength for strength, _, _ in terms):
        lines.append("    weights, biases = weights_and_biases(network)")
    for strength, text, same in terms:
        if strength:
            comment = f"  # or {strength!r} as {same}" if same else ""
            lines.append(f"    loss = loss + {strength!r} * {text}{comment}")
    return [*lines, "    return loss"]


def _optimizer(recipe: Recipe) -> list[str]:
    plan = recipe.plan
    decays = bool(recipe.strength("weight_decay")) and plan.optimizer == "adam"
    rate = f"lr={recipe.learning_rate!r}"
    name, options = {
        "adam": ("Adam", f"{rate}, betas=({plan.beta1!r}, {plan.beta2!r}), eps={plan.epsilon!r}"),
        "sgd": ("SGD", f"{rate}, momentum={plan.momentum!r}, nesterov={plan.nesterov}"),
        "rmsprop": ("RMSprop", f"{rate}, alpha={plan.beta2!r}, eps={plan.epsilon!r}"),
    }[plan.optimizer]
    if not decays:
        return [
            "def make_optimizer(network):",
            f"    return torch.optim.{name}(network.parameters(), {options})",
        ]
    return [
        "def make_optimizer(network):",
        "    weights, _ = weights_and_biases(network)",
        "    others = [p for p in network.parameters() if p.ndim == 1]",
        f'    groups = [{{"params": weights, "weight_decay": {recipe.strength("weight_decay")!r}}}, '
        '{"params": others, "weight_decay": 0.0}]',
        f"    return torch.optim.AdamW(groups, {options})",
    ]


def _training(recipe: Recipe) -> list[str]:
    plan, patience = recipe.plan, recipe.strength("patience")
    batch = "len(X)" if plan.batch_size is None else str(plan.batch_size)
    held_out = ", X_val, y_val" if patience else ""
    lines = [
        f"def train(network, X, y{held_out}, epochs={plan.epochs}):",
        "    optimizer = make_optimizer(network)",
    ]
    if patience:
        lines.append("    best, kept, waited = float('inf'), copy.deepcopy(network.state_dict()), 0")
    lines += [
        "    for epoch in range(epochs):",
        "        network.train()",
        f"        for rows in torch.randperm(len(X)).split({batch}):",
    ]
    if "batch" in recipe.normalizations and plan.batch_size is not None:
        lines += ["            if len(rows) == 1:", "                continue"]
    lines.append("            optimizer.zero_grad()")
    inputs = "X[rows]"
    if recipe.strength("input_noise"):
        lines.append(
            f"            inputs = X[rows] + {recipe.strength('input_noise')!r} * torch.randn_like(X[rows])"
        )
        inputs = "inputs"
    lines.append(f"            objective(network, {inputs}, y[rows]).backward()")
    if recipe.strength("gradient_clipping"):
        bound = recipe.strength("gradient_clipping")
        lines.append(f"            nn.utils.clip_grad_norm_(network.parameters(), {bound!r})")
    loop = ["            with torch.no_grad():", "                for w in weights_and_biases(network)[0]:"]
    if recipe.strength("weight_decay") and plan.optimizer != "adam":
        shrunk = f"1 - {recipe.learning_rate!r} * {recipe.strength('weight_decay')!r}"
        lines += [*loop, f"                    w.mul_({shrunk})"]
    lines.append("            optimizer.step()")
    if recipe.strength("max_norm"):
        bound = recipe.strength("max_norm")
        lines += [*loop, f"                    w.copy_(torch.renorm(w, 2, 0, {bound!r}))"]
    if patience:
        lines += [
            "        network.eval()",
            "        with torch.no_grad():",
            "            loss = float(data_loss(network, X_val, y_val))",
            "        if loss < best:",
            "            best, kept, waited = loss, copy.deepcopy(network.state_dict()), 0",
            "        else:",
            "            waited += 1",
            f"        if waited >= {int(patience)}:",
            "            break",
            "    network.load_state_dict(kept)",
        ]
    return [*lines, "    return network.eval()"]
