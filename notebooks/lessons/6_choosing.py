# %% [markdown]
# # Lesson 6: choosing by population
#
# One strength and one seed tell nothing. Train many of both in one call, choose on validation rows, judge on
# test rows once, and say how sure you are.

# %%
import numpy as np

from bridle import Dense, Members, Plan, train
from bridle.study.generators import draw
from bridle.study.statistics import paired_interval

strengths = np.array([0.0, 1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1])
seeds = 12
data = [draw("moons", rows=200, noise=0.5, seed=s) for s in range(seeds)]
X, y = np.concatenate([d[0] for d in data]), np.concatenate([d[1] for d in data])
rows = [np.arange(200) + 200 * s for s in range(seeds)]
plan = Plan(
    inputs=2,
    layers=(Dense(20), Dense(3), Dense(1, "linear")),
    epochs=4000,
    regularizers=("l2",),
    evaluate_every=4000,
)
members = Members(
    seed=np.tile(np.arange(seeds), len(strengths)),
    learning_rate=0.2,
    l2=np.repeat(strengths, seeds),
    rows=rows * len(strengths),
)
outcome = train(plan, members, X, y, validation=draw("moons", rows=400, noise=0.5, seed=50))
test_X, test_y = draw("moons", rows=5000, noise=0.5, seed=99)
loss = outcome.curves["validation_loss"][:, -1].reshape(len(strengths), seeds)
test = np.mean((outcome.predict(test_X)[:, :, 0] > 0.5) == test_y, axis=1).reshape(len(strengths), seeds)
for s, validation, accuracy in zip(strengths, loss, test):
    print(f"l2 {s:6.4f}: validation loss {validation.mean():.3f}, test accuracy {accuracy.mean():.3f}")

# %% [markdown]
# Every seed chooses its own strength by validation loss; the difference to plain is paired seed by seed.

# %%
chosen = loss.argmin(axis=0)
gain = test[chosen, np.arange(seeds)] - test[0]
interval = paired_interval(gain)
print("chosen strengths:", strengths[chosen])
print(
    f"gain {100 * interval.mean:.1f} points, 95 % interval {100 * interval.low:.1f} to {100 * interval.high:.1f}"
)

# %% [markdown]
# **Exercise 1.** How wide is the interval with the first three seeds only? With one?
#
# **Exercise 2.** Choose on the *test* rows instead. How much better does the gain look, and why is that cheating?

# %% [markdown]
# ## Solutions

# %%
for count in (1, 3, 12):
    one = paired_interval(gain[:count])
    print(f"{count:2d} seeds: {100 * one.low:.1f} to {100 * one.high:.1f}")
cheat = test.max(axis=0) - test[0]
print(f"chosen on test rows: {100 * cheat.mean():.1f} points instead of {100 * gain.mean():.1f}")

# %% [markdown]
# The maximum of seven noisy numbers is larger than the true best: the rows that choose cannot judge.
