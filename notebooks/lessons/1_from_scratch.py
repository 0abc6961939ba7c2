# %% [markdown]
# # Lesson 1: a network from scratch in 60 lines
#
# A network is trained by four things: a forward pass, its derivative, a penalty's derivative and a step. The
# page `docs/from-scratch-in-60-lines.md` has the whole loop. Here we look at one step of it, number by number.

# %%
import numpy as np

import bridle
from bridle import Dense, Members, Plan, train

X = np.array([[0.5, -1.0], [1.5, 0.3], [-0.7, 0.8]])
y = np.array([0, 1, 1])
plan = Plan(
    inputs=2, layers=(Dense(3, "tanh"), Dense(1, "linear")), regularizers=("l2",), epochs=1, dtype="float64"
)
steps = bridle.trace(plan, Members(seed=0, learning_rate=0.5, l2=0.1), X, y)
print(steps)

# %% [markdown]
# Rows come last: three points are three columns. The arrow marks the penalty's term, which joins the gradient.
#
# **By hand.** The derivative of the loss with respect to the logits is (probability - target) / rows:

# %%
p = 1 / (1 + np.exp(-steps["z2"]))
print(np.allclose(steps["dz2"], (p - y) / 3))
print(np.allclose(steps["dW2"], steps["dz2"] @ steps["a1"].T))

# %% [markdown]
# **Exercise 1.** Compute `dW1` from `dz2`, `W2`, `a1` and `x`. (tanh' = 1 - tanh^2.)
#
# **Exercise 2.** Which line of the trace is changed by twice the strength, and which are not?

# %% [markdown]
# ## Solutions

# %%
dz1 = (steps["W2"].T @ steps["dz2"]) * (1 - steps["a1"] ** 2)
print(np.allclose(steps["dW1"], dz1 @ steps["x"].T))

twice = bridle.trace(plan, Members(seed=0, learning_rate=0.5, l2=0.2), X, y)
changed = [line.name for line in steps.lines if not np.array_equal(line.value, twice[line.name])]
print("changed:", changed)

# %% [markdown]
# Only the penalty's own lines and the weights after the update. And the engine takes exactly this step:

# %%
outcome = train(plan, Members(seed=0, learning_rate=0.5, l2=0.1), X, y, engine="reference")
print(np.array_equal(outcome.weights[0][0][0], steps["W1 after"]))
