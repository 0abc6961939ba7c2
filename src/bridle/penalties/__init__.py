"""Penalties: terms ``strength * Omega(theta)`` of the objective, as free functions.

A smooth penalty is a value and a gradient, added to the gradient of the loss. A penalty with a kink is a
value and a proximal operator, applied after the update, which reaches exact zeros. None of them stores its
strength.
"""
