# %% [markdown]
# # Lesson 5: early stopping, and which rows may decide
#
# Stop when the validation loss turns up, and keep the best weights. The rows that decide when to stop must not
# be the rows that judge.

# %%
import numpy as np

from bridle import Dense, Members, Plan, train
from bridle.study.generators import draw

seeds = range(8)
X, y = draw("moons", rows=200, noise=0.5, seed=2)
validation = draw("moons", rows=100, noise=0.5, seed=3)
fresh_X, fresh_y = draw("moons", rows=5000, noise=0.5, seed=99)
plan = Plan(
    inputs=2,
    layers=(Dense(20), Dense(3), Dense(1, "linear")),
    epochs=8000,
    regularizers=("early_stopping",),
    evaluate_every=50,
    track=("weight_norm",),
)
members = Members(seed=list(seeds) * 2, learning_rate=0.2, patience=[np.inf] * 8 + [1000] * 8)
outcome = train(plan, members, X, y, validation=validation)
accuracy = np.mean((outcome.predict(fresh_X)[:, :, 0] > 0.5) == fresh_y, axis=1).reshape(2, 8)
print("to the end   ", accuracy[0].round(3), f"mean {accuracy[0].mean():.3f}")
print("early stopped", accuracy[1].round(3), f"mean {accuracy[1].mean():.3f}")
print("kept epochs  ", outcome.best_epoch[8:])

# %%
from matplotlib.figure import Figure

figure = Figure(figsize=(8, 3), layout="constrained")
axes = figure.add_subplot(1, 2, 1)
for name in ("train_loss", "validation_loss"):
    curve = outcome.curves[name][:8].mean(axis=0)
    known = np.flatnonzero(np.isfinite(curve))
    axes.plot(known, curve[known], label=name)
axes.axvline(np.median(outcome.best_epoch[8:]), color="gray", linestyle=":")
axes.set_xscale("log")
axes.legend()
axes = figure.add_subplot(1, 2, 2)
axes.plot(outcome.curves["weight_norm"][:8].mean(axis=0))
axes.set_xscale("log")
axes.set_title("weight norm")
figure

# %% [markdown]
# The weights grow all the time: stopping early keeps them small, as a penalty does.
#
# **Exercise.** Let the *validation* rows judge as well: compare the best validation accuracy with the accuracy
# on fresh rows at the same epoch. How much too good is it?

# %% [markdown]
# ## Solution

# %%
claimed = np.nanmax(outcome.curves["validation_accuracy"][:8], axis=1)
p = outcome.predict(fresh_X, best=True)[:8, :, 0]
truth = np.mean((p > 0.5) == fresh_y, axis=1)
print(
    f"claimed {claimed.mean():.3f}, true {truth.mean():.3f}: {100 * (claimed - truth).mean():.1f} points too good"
)
