"""The script for scikit-learn's MLP, which knows l2 and a kind of early stopping."""

from __future__ import annotations

from bridle.checks import problem
from bridle.errors import PlanError
from bridle.registry.units import to_sklearn_alpha
from bridle.study.export.recipe import Library, Recipe, heading, recipe_of
from bridle.study.model import Model

ACTIVATIONS = {"linear": "identity", "relu": "relu", "tanh": "tanh", "sigmoid": "logistic"}
LIBRARY = Library("scikit-learn", ("l2", "batch_l2", "early_stopping"), ACTIVATIONS)


def sklearn_code(model: Model) -> str:
    """Return a script that trains a model's network in scikit-learn.

    Raises
    ------
    PlanError
        If the script would train something else.
    """
    recipe = recipe_of(model, LIBRARY)
    activations = [stage.activation for stage in recipe.plan.stages]
    if len(set(activations[:-1])) > 1 or activations[-1] != "linear":
        allowed = "the same in all hidden layers, and linear in the last, for scikit-learn"
        raise PlanError(problem("export", "activations", allowed, activations))
    return "\n".join([*heading(recipe, "scikit-learn", _notes(recipe)), *_body(recipe)]) + "\n"


def _notes(recipe: Recipe) -> list[str]:
    notes = ["The initial weights are scikit-learn's own: Glorot's, uniform."]
    if recipe.l2:
        notes.append("Its alpha is bridle's l2 times the rows of an update, by which it divides again.")
    if recipe.strength("patience"):
        notes.append(
            "It holds out rows of its own for early stopping, and watches the score instead of the loss."
        )
    return notes


def _body(recipe: Recipe) -> list[str]:
    plan, patience = recipe.plan, recipe.strength("patience")
    kind = "MLPClassifier" if recipe.classes else "MLPRegressor"
    hidden = recipe.plan.stages[:-1]
    batch = "rows" if plan.batch_size is None else str(plan.batch_size)
    settings = {
        "hidden_layer_sizes": repr(tuple(stage.units for stage in hidden)),
        "activation": repr(ACTIVATIONS[hidden[0].activation if hidden else "linear"]),
        "solver": repr(plan.optimizer),
        "alpha": _alpha(recipe),
        "batch_size": batch,
        "learning_rate_init": repr(recipe.learning_rate),
        "max_iter": "epochs",
        "n_iter_no_change": repr(int(patience)) if patience else "epochs",
        "tol": "0.0",
        "random_state": repr(recipe.seed),
    }
    if plan.optimizer == "adam":
        settings |= {"beta_1": repr(plan.beta1), "beta_2": repr(plan.beta2), "epsilon": repr(plan.epsilon)}
    else:
        settings |= {"momentum": repr(plan.momentum), "nesterovs_momentum": repr(plan.nesterov)}
    if patience:
        settings |= {"early_stopping": "True", "validation_fraction": "0.25"}
    return [
        f"from sklearn.neural_network import {kind}",
        "",
        "",
        f"def make_network(rows, epochs={plan.epochs}):",
        f"    return {kind}(",
        *(f"        {name}={value}," for name, value in settings.items()),
        "    )",
        "",
        "",
        "def train(X, y):",
        "    return make_network(len(X)).fit(X, y)",
    ]


def _alpha(recipe: Recipe) -> str:
    if recipe.strength("batch_l2"):
        return repr(recipe.strength("batch_l2"))
    if not recipe.l2:
        return "0.0"
    if recipe.plan.batch_size is None:
        return f"{recipe.l2!r} * rows"
    return repr(to_sklearn_alpha(recipe.l2, recipe.plan.batch_size))
