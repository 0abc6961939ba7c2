# %% [markdown]
# # Lesson 2: L1 and L2
#
# L2 pulls a weight in proportion to its size, L1 pulls every weight alike. So L2 makes weights small, and L1
# makes some of them exactly zero, if it is applied by its proximal operator.

# %%
import numpy as np
from sklearn.datasets import load_breast_cancer

from bridle import Dense, Members, Plan, train
from bridle.penalties.sparse import magnitude_subgradient, soft_threshold

X, y = load_breast_cancer(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
strengths = np.geomspace(1e-3, 0.3, 8)


def fit(name, **options):
    plan = Plan(
        inputs=30, layers=(Dense(1, "linear"),), epochs=1500, momentum=0.9, regularizers=(name,), **options
    )
    return train(plan, Members(learning_rate=0.3, **{name: strengths}), X, y).weights[0][0][:, 0]


by_l1, by_l2 = fit("l1"), fit("l2")
print("strength   zeros, L1   zeros, L2   largest, L1   largest, L2")
for s, a, b in zip(strengths, by_l1, by_l2):
    print(
        f"{s:8.4f}   {np.sum(a == 0):9d}   {np.sum(b == 0):9d}   {np.abs(a).max():11.3f}   {np.abs(b).max():11.3f}"
    )

# %% [markdown]
# Eight networks, one call. The whole path as a picture:

# %%
from matplotlib.figure import Figure

figure = Figure(figsize=(8, 3), layout="constrained")
for k, (title, paths) in enumerate((("L1", by_l1), ("L2", by_l2)), start=1):
    axes = figure.add_subplot(1, 2, k)
    axes.plot(strengths, paths)
    axes.set_xscale("log")
    axes.set_title(title)
    axes.set_xlabel("strength")
figure

# %% [markdown]
# **Exercise 1.** Train with `l1_form="subgradient"` and count the zeros.
#
# **Exercise 2.** Below which size does L1 pull harder than L2, in the form lambda |w| against lambda w^2?

# %% [markdown]
# ## Solutions

# %%
print("zeros by the subgradient:", np.sum(fit("l1", l1_form="subgradient") == 0))
w = np.array([0.02])
print("one subgradient step jumps over zero:", w - 0.3 * magnitude_subgradient(w, 0.1, 0.0))
print("the proximal operator stops there:   ", soft_threshold(w, 0.3 * 0.1))

# %% [markdown]
# The forces are lambda and 2 lambda |w|: L1 pulls harder below |w| = 1/2.
