"""The script for Keras 3, on whichever of its backends."""

from __future__ import annotations

from bridle.registry.units import to_keras_l2
from bridle.study.export.recipe import Recipe, heading, recipe_of
from bridle.study.model import Model

KNOWN = (
    "l1", "l2", "elastic_net", "l1_bias", "l2_bias", "weight_decay", "dropout", "input_dropout",
    "input_noise", "gaussian_dropout", "max_norm", "gradient_clipping", "early_stopping",
)  # fmt: skip
ACTIVATIONS = ("linear", "relu", "leaky_relu", "tanh", "sigmoid", "softplus", "silu", "gelu", "selu")
_OPTIMIZERS = {"adam": "Adam", "sgd": "SGD", "rmsprop": "RMSprop"}


def keras_code(model: Model) -> str:
    """Return a script that trains a model's network in Keras.

    Raises
    ------
    PlanError
        If the script would train something else.
    """
    recipe = recipe_of(model, "Keras", KNOWN, ACTIVATIONS)
    notes = []
    if recipe.l2 or recipe.strength("l2_bias"):
        notes.append("Keras's L2 has no half: its numbers are half of bridle's.")
    if recipe.l1 or recipe.strength("l1_bias"):
        notes.append(
            "Keras has no proximal step: l1 pulls by its subgradient here, and makes no weight exactly 0."
        )
    lines = [
        *heading(recipe, "Keras", notes),
        "import keras",
        "from keras import constraints, layers, regularizers",
        "",
        "",
        *_loss(recipe),
        "def make_network():",
        *_network(recipe),
        *_compile(recipe),
        "    return network",
        "",
        "",
        *_training(recipe),
    ]
    text = "\n".join(lines) + "\n"
    unused = [name for name in ("constraints", "regularizers") if f"{name}." not in text]
    for name in unused:
        text = text.replace(f"{name}, ", "", 1) if f"{name}, " in text else text.replace(f", {name}", "", 1)
    return text


def _loss(recipe: Recipe) -> list[str]:
    if recipe.classes:
        return []
    return [
        "def half_squared_error(y, z):",
        "    return 0.5 * keras.ops.mean(keras.ops.square(z - y), axis=-1)",
        "",
        "",
    ]


def _network(recipe: Recipe) -> list[str]:
    options = _options(recipe)
    parts = [f"keras.Input(({recipe.plan.inputs},))"]
    if recipe.strength("input_noise"):
        parts.append(f"layers.GaussianNoise({recipe.strength('input_noise')!r})")
    if recipe.strength("input_dropout"):
        parts.append(f"layers.Dropout({recipe.strength('input_dropout')!r})")
    for layer in recipe.hidden:
        own = "" if layer.activation == "leaky_relu" else f', activation="{layer.activation}"'
        parts.append(f"layers.Dense({layer.units}{own}{options})")
        # Keras's own leaky relu leaks 0.2.
        parts += ["layers.LeakyReLU(0.01)"] if layer.activation == "leaky_relu" else []
        for name, kind in (("dropout", "Dropout"), ("gaussian_dropout", "GaussianDropout")):
            parts += [f"layers.{kind}({recipe.strength(name)!r})"] if recipe.strength(name) else []
    parts.append(f"layers.Dense({recipe.plan.outputs}{options})")
    return ["    network = keras.Sequential([", *(f"        {part}," for part in parts), "    ])"]


def _options(recipe: Recipe) -> str:
    found = ""
    pairs = (
        ("kernel", recipe.l1, recipe.l2),
        ("bias", recipe.strength("l1_bias"), recipe.strength("l2_bias")),
    )
    for what, l1, l2 in pairs:
        if l1 or l2:
            found += f", {what}_regularizer=regularizers.L1L2(l1={l1!r}, l2={to_keras_l2(l2)!r})"
    if recipe.strength("max_norm"):
        found += f", kernel_constraint=constraints.MaxNorm({recipe.strength('max_norm')!r}, axis=0)"
    return found


def _compile(recipe: Recipe) -> list[str]:
    plan, decay = recipe.plan, recipe.strength("weight_decay")
    options = [repr(recipe.learning_rate)]
    if plan.optimizer == "adam":
        options += [f"beta_1={plan.beta1!r}", f"beta_2={plan.beta2!r}", f"epsilon={plan.epsilon!r}"]
    elif plan.optimizer == "sgd":
        options += [f"momentum={plan.momentum!r}", f"nesterov={plan.nesterov}"]
    else:
        options += [f"rho={plan.beta2!r}", f"epsilon={plan.epsilon!r}"]
    if decay:
        options.append(f"weight_decay={decay!r}")
    if recipe.strength("gradient_clipping"):
        options.append(f"global_clipnorm={recipe.strength('gradient_clipping')!r}")
    loss = {
        "binary_cross_entropy": "keras.losses.BinaryCrossentropy(from_logits=True)",
        "cross_entropy": "keras.losses.SparseCategoricalCrossentropy(from_logits=True)",
        "squared_error": "half_squared_error",
    }[plan.loss]
    lines = [f"    optimizer = keras.optimizers.{_OPTIMIZERS[plan.optimizer]}({', '.join(options)})"]
    if decay:
        lines.append('    optimizer.exclude_from_weight_decay(var_names=["bias"])')
    return [*lines, f"    network.compile(optimizer=optimizer, loss={loss})"]


def _training(recipe: Recipe) -> list[str]:
    patience = recipe.strength("patience")
    batch = "len(X)" if recipe.plan.batch_size is None else str(recipe.plan.batch_size)
    fit = f"X, y, batch_size={batch}, epochs=epochs, verbose=0"
    if not patience:
        return [
            f"def train(network, X, y, epochs={recipe.plan.epochs}):",
            f"    network.fit({fit})",
            "    return network",
        ]
    return [
        f"def train(network, X, y, X_val, y_val, epochs={recipe.plan.epochs}):",
        "    stopping = keras.callbacks.EarlyStopping(",
        f'        monitor="val_loss", patience={int(patience)}, restore_best_weights=True',
        "    )",
        f"    network.fit({fit}, validation_data=(X_val, y_val), callbacks=[stopping])",
        "    return network",
    ]
