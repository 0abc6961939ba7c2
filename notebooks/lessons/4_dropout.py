# %% [markdown]
# # Lesson 4: dropout
#
# In every update each unit is silenced with some probability, and what stays is scaled up. Two things to see:
# the mean of a unit is kept and its variance is not; and the mask must be fresh in every update.

# %%
import numpy as np

from bridle import Dense, Members, Plan, Recorded, train
from bridle.ops import dropout_forward
from bridle.study.generators import draw

random = np.random.default_rng(0)
a = np.maximum(random.normal(size=(20, 5000)), 0)
rate = np.float64(0.3)
out, _ = dropout_forward(a, random.random(a.shape) >= rate, rate)
print(f"mean {a.mean():.3f} -> {out.mean():.3f}, variance {a.var():.3f} -> {out.var():.3f}")

# %% [markdown]
# **A mask that is drawn once** and used in every update, as by a generator reseeded in the forward pass:

# %%
X, y = draw("moons", rows=200, noise=0.5, seed=1)
fresh_X, fresh_y = draw("moons", rows=5000, noise=0.5, seed=99)
plan = Plan(
    inputs=2, layers=(Dense(20), Dense(3), Dense(1, "linear")), epochs=5000, regularizers=("dropout",)
)
members = Members(seed=range(6), learning_rate=0.2, dropout=0.3)
one_mask = Recorded(keep=[random.random((1, units, 200)) >= 0.3 for units in (20, 3)])
for name, draws in (("fresh masks", None), ("one mask", one_mask)):
    outcome = train(plan, members, X, y, draws=draws)
    p = outcome.predict(fresh_X)[:, :, 0]
    accuracy = np.mean((p > 0.5) == fresh_y, axis=1)
    cost = outcome.curves["train_loss"][:, -500:].mean(axis=1)
    print(
        f"{name:12s} training cost {cost.mean():.3f}, fresh accuracy {accuracy.mean():.3f} +- {accuracy.std() / 6**0.5:.3f}"
    )

# %% [markdown]
# With one mask every row has a smaller network of its own, and the cost falls as if there were no dropout.
#
# **Exercise 1.** By how much does the variance rise in theory? Check it against the first cell.
#
# **Exercise 2.** Train with `dropout=[[0, 0.3, 0]]`: the wide layer only (the first slot is the inputs).

# %% [markdown]
# ## Solutions

# %%
print(f"expected variance {a.var() + 0.3 / 0.7 * np.mean(a**2):.3f}, seen {out.var():.3f}")
wide = train(plan, Members(seed=range(6), learning_rate=0.2, dropout=[[0, 0.3, 0]]), X, y)
print(f"wide layer only: {np.mean((wide.predict(fresh_X)[:, :, 0] > 0.5) == fresh_y):.3f}")
