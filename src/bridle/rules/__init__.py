"""Rules that turn gradients into new weights: steps, decay, schedules and stopping.

Array-API functions like the operations, so that both engines run the same lines.
"""
