# %% [markdown]
# # Lesson 3: weight decay
#
# Multiply the weights by a little less than 1 before every step. For plain gradient descent that is L2; for adam
# it is not.

# %%
import numpy as np

from bridle import Dense, Members, Plan, train
from bridle.study.generators import draw

X, y = draw("moons", rows=200, noise=0.5, seed=0)
layers = (Dense(20), Dense(3), Dense(1, "linear"))
common = {"inputs": 2, "layers": layers, "epochs": 2000, "dtype": "float64"}
rate = 0.2


def weights(regularizer, strength, **options):
    plan = Plan(**common, regularizers=(regularizer,), **options)
    outcome = train(plan, Members(seed=0, learning_rate=rate, **{regularizer: strength}), X, y)
    return np.concatenate([w.ravel() for w, _ in outcome.weights])


difference = np.abs(weights("l2", 0.004) - weights("weight_decay", 0.004)).max()
print(f"gradient descent, L2 against decay, largest difference of a weight: {difference:.1e}")

# %% [markdown]
# **In the tutorials' unit** the factor is 1 - beta at every update, whatever the learning rate:

# %%
same = np.abs(
    weights("weight_decay", 0.004) - weights("weight_decay", 0.004 * rate, weight_decay_unit="update")
).max()
print(f"beta = learning rate x decay: {same:.1e}")

# %% [markdown]
# **Exercise 1.** Repeat the first comparison with `optimizer="adam"` and a learning rate of 0.01.
#
# **Exercise 2.** How large may learning rate x decay become before a weight explodes?

# %% [markdown]
# ## Solutions

# %%
rate = 0.01
adam = np.abs(weights("l2", 0.004, optimizer="adam") - weights("weight_decay", 0.004, optimizer="adam")).max()
print(f"adam, L2 against decay: {adam:.2f}: not the same thing at all")

w = np.array([1.0, 1.0])
for _ in range(100):
    w = (1 - np.array([1.9, 2.1])) * w
print("after 100 steps at 1.9 and 2.1:", w)

# %% [markdown]
# The factor is 1 - learning rate x decay; it must lie between -1 and 1, so the product below 2.
