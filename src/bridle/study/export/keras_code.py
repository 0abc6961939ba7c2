"""The script for Keras 3, on whichever of its backends."""

from __future__ import annotations

from bridle.engine.layers import Conv, Dense, GlobalPool, Pool, Residual, ResidualConv
from bridle.study.export.keras_network import ACTIVATIONS, keras_network
from bridle.study.export.recipe import RUNNING, Library, Recipe, heading, recipe_of
from bridle.study.model import Model

LIBRARY = Library(
    "Keras",
    (
        "l1", "l2", "elastic_net", "l1_bias", "l2_bias", "weight_decay", "dropout", "input_dropout",
        "input_noise", "gaussian_dropout", "max_norm", "gradient_clipping", "early_stopping",
    ),
    ACTIVATIONS,
    layers=(Dense, Residual, Conv, ResidualConv, Pool, GlobalPool),
    normalizations=("batch", "layer"),
)  # fmt: skip
_OPTIMIZERS = {"adam": "Adam", "sgd": "SGD", "rmsprop": "RMSprop"}


def keras_code(model: Model) -> str:
    """Return a script that trains a model's network in Keras.

    Raises
    ------
    PlanError
        If the script would train something else.
    """
    recipe = recipe_of(model, LIBRARY)
    notes = []
    if recipe.l2 or recipe.strength("l2_bias"):
        notes.append("Keras's L2 has no half: its numbers are half of bridle's.")
    if recipe.l1 or recipe.strength("l1_bias"):
        notes.append(
            "Keras has no proximal step: l1 pulls by its subgradient here, and makes no weight exactly 0."
        )
    if "batch" in recipe.normalizations:
        notes.append(RUNNING)
    lines = [
        *heading(recipe, "Keras", notes),
        "import keras",
        "from keras import constraints, layers, regularizers",
        "",
        "",
        *_loss(recipe),
        *keras_network(recipe),
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
        lines.append('    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])')
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
